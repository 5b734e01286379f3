"""Why two identifiers are one person: the chain of evidence between them, from the published marts alone.

Only the edges of the one person concerned are read, so it takes no longer in a shop of a million members.
"""

from collections import deque
from typing import Any

import duckdb

from dagster_project.errors import UsageError
from dagster_project.identity.hashing import identifier_hash

Node = tuple[str, str]
KINDS = ("member_id", "card_no", "line_user_id", "email", "phone", "visitor_id")

_EDGES = """
    select edges.left_kind, edges.left_hash, edges.right_kind, edges.right_hash, edges.rule, edges.source,
        edges.first_seen_at, edges.observations
    from marts.identity_edges as edges
    inner join marts.customer_identifiers as ends on ends.identifier_hash = edges.left_hash
    where ends.customer_id = ? and edges.status = 'used'
    order by edges.observations desc, edges.first_seen_at nulls last, edges.rule, edges.source,
        edges.left_hash, edges.right_hash
"""


def path(con: duckdb.DuckDBPyConnection, salt: str, a: str, b: str) -> list[dict[str, Any]]:
    """The shortest chain of used edges from `a` to `b`; each a customer id, an alias, or `kind:value`.

    One dict per edge, in order: left and right as (kind, hash) in the direction of the chain, rule, source,
    first_seen_at (UTC; None of an override), observations. Empty where both are the same identifier. Values
    are normalised as staging leaves them. Raises UsageError where an argument is not known, or the two are
    not one person.
    """
    starts, ends = _nodes(con, salt, a), _nodes(con, salt, b)
    persons = {customer for _, customer in (*starts, *ends)}
    if len(persons) > 1:
        raise UsageError(f"{_shown(a)} and {_shown(b)} are not one person: {' and '.join(sorted(persons))}")
    edges = con.execute(_EDGES, [persons.pop()]).fetchall()
    return _chain({node for node, _ in starts}, {node for node, _ in ends}, edges)


def _nodes(con: duckdb.DuckDBPyConnection, salt: str, given: str) -> list[tuple[Node, str]]:
    """The identifiers that `given` stands for, each with its customer; one, or all of a customer id's."""
    kind, colon, value = given.partition(":")
    if colon:
        if kind not in KINDS:
            raise UsageError(f"{kind} is no kind of identifier; use one of {', '.join(KINDS)}")
        hashed = identifier_hash(salt, kind, value)
        found = con.execute(
            "select customer_id from marts.customer_identifiers where identifier_kind = ? and identifier_hash = ?",
            [kind, hashed],
        ).fetchone()
        if found is None:
            raise UsageError(f"{_shown(given)} {_why_nobody(con, hashed)}")
        return [((kind, hashed), found[0])]
    row = con.execute("select customer_id, why from marts.customer_aliases where alias_id = ?", [given]).fetchone()
    if row is None:
        raise UsageError(f"{given} is neither a customer id nor kind:value")
    if row[0] is None:
        raise UsageError(f"{given} names nobody any more: {row[1]}")
    return [
        ((kind, hashed), row[0])
        for kind, hashed in con.execute(
            "select identifier_kind, identifier_hash from marts.customer_identifiers where customer_id = ?"
            " order by identifier_kind, identifier_hash",
            [row[0]],
        ).fetchall()
    ]


def _why_nobody(con: duckdb.DuckDBPyConnection, hashed: str) -> str:
    """What to say of an identifier that belongs to no customer."""
    reasons = con.execute(
        "select distinct reason from marts.identity_edges where status = 'blocked'"
        " and (left_hash = ? or right_hash = ?) order by reason",
        [hashed, hashed],
    ).fetchall()
    if not reasons:
        return "belongs to no customer: no landed row carries it, or it is blocked"
    return f"belongs to nobody; its edges are blocked: {', '.join(reason for (reason,) in reasons)}"


def _shown(given: str) -> str:
    """`given` without the value, which may be personal."""
    kind, colon, _ = given.partition(":")
    return f"this {kind}" if colon else given


def _chain(starts: set[Node], ends: set[Node], edges: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Breadth first from `starts` to `ends`; of edges between the same two, the first given stands."""
    around: dict[Node, dict[Node, tuple[Any, ...]]] = {}
    for left_kind, left_hash, right_kind, right_hash, *evidence in edges:
        left, right = (left_kind, left_hash), (right_kind, right_hash)
        around.setdefault(left, {}).setdefault(right, tuple(evidence))
        around.setdefault(right, {}).setdefault(left, tuple(evidence))
    before: dict[Node, Node | None] = dict.fromkeys(sorted(starts))
    waiting = deque(before)
    while waiting:
        node = waiting.popleft()
        if node in ends:
            return _steps(node, before, around)
        for neighbour in around.get(node, {}):
            if neighbour not in before:
                before[neighbour] = node
                waiting.append(neighbour)
    raise UsageError("the published edges do not join the two; run again to publish them anew")


def _steps(
    end: Node, before: dict[Node, Node | None], around: dict[Node, dict[Node, tuple[Any, ...]]]
) -> list[dict[str, Any]]:
    steps = []
    right = end
    while (left := before[right]) is not None:
        rule, source, first_seen_at, observations = around[left][right]
        steps.append(
            {
                "left": left,
                "rule": rule,
                "source": source,
                "right": right,
                "first_seen_at": first_seen_at,
                "observations": observations,
            }
        )
        right = left
    return steps[::-1]
