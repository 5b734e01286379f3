"""What would be if an edge were not: the resolver run again on the part of the published graph that the edge touches.

Components never influence each other, so what comes out is what a rebuild of the whole without that edge would give.
The rules are today's; the same part is resolved with the edge first, and where that is not what was published, the
rules have changed since and no answer is given. What records contradict each other is taken as published: to weigh them
anew takes birth dates and names, which no mart holds.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import duckdb
import numpy as np

from dagster_project.errors import UsageError
from dagster_project.identity import neighbourhood
from dagster_project.identity.evidence import Edges, Identifiers, Kind, Pairings
from dagster_project.identity.explain import shortest_chain
from dagster_project.identity.given import KINDS, Override
from dagster_project.identity.graph import REASONS, resolve
from dagster_project.identity.hashing import identifier_hash
from dagster_project.identity.neighbourhood import columns, gather, reach
from dagster_project.sql import dicts

Pair = tuple[int, int]
# Of an identifier: its customer id, None where it is blocked; the reason, "" where it is not.
Fate = tuple[str | None, str]

_NODES = """
    select identifier_key, identifier_kind, identifier_hash, customer_id, coalesce(blocked_reason, '') as reason,
        first_landing_no, first_landing_seen_ms, is_blocklisted
    from marts.identity_nodes where identifier_key in (select key from reached) order by identifier_key
"""
_INSIDE = "left_key in (select key from reached) and right_key in (select key from reached)"
_EDGES = f"""
    select left_key, right_key, cast(sum(observations) as bigint), cast(min(landing_no) as bigint)
    from marts.identity_edges where rule not in ('override', 'probabilistic') and {_INSIDE}
    group by left_key, right_key order by left_key, right_key
"""
_NAME = re.compile(r"([a-z_]+):([0-9a-f]{4,32})-([a-z_]+):([0-9a-f]{4,32})")


def find_edge(con: duckdb.DuckDBPyConnection, name: str, chain: list[dict[str, Any]]) -> Pair:
    """The two keys of the edge that `name` says: a step's number in `chain`, or KIND:HASH-KIND:HASH, where the first
    digits of a hash do. Raises UsageError where there is none, or more than one.
    """
    if name.isascii() and name.isdigit():
        if not 1 <= int(name) <= len(chain):
            raise UsageError(f"there is no step {name} in a chain of {len(chain)}")
        left, right = chain[int(name) - 1]["keys"]
        return left, right
    fit = _NAME.fullmatch(name)
    if fit is None or not {fit[1], fit[3]} <= set(KINDS):
        raise UsageError(
            f"--without {name}: name an edge by its step in the chain, or as KIND:HASH-KIND:HASH as in"
            " member_id:1f2e3d4c-email:5b6a7988 (the first digits of the hashes, as the chain prints them)"
        )
    found = con.execute(
        "select distinct left_key, right_key from marts.identity_edges where"
        " (left_kind = $1 and starts_with(left_hash, $2) and right_kind = $3 and starts_with(right_hash, $4))"
        " or (left_kind = $3 and starts_with(left_hash, $4) and right_kind = $1 and starts_with(right_hash, $2))",
        list(fit.groups()),
    ).fetchall()
    if len(found) != 1:
        raise UsageError(f"{len(found) or 'no'} edges are called {name}{'; give more digits' if found else ''}")
    return found[0]


def without(
    con: duckdb.DuckDBPyConnection, salt: str, kinds: list[Kind], overrides: Iterable[Override], edge: Pair
) -> dict[str, Any]:
    """What would be without `edge` (two identifier keys), with all rows of evidence for it.

    edge: its ends as (kind, hash), rules, observations. identifiers: those whose customer or reason would differ, with
    customer_id, would_be, reason. persons: the customers among whom they are or would be: customer_id, identifiers
    now and then, kinds then, and whether the id is current, published once, or new. is_one_person: whether the ends
    would still be; chain: what else links them, where they would be or nothing would change. contradictions: how many
    pairs of records nearby contradict each other, and were taken as they stand. Raises UsageError where the part of the
    graph is too large, or the published marts are not what today's rules give.
    """
    if not reach(con, list(edge)):
        raise UsageError(
            f"more than {neighbourhood.MAX_IDENTIFIERS:,} identifiers are tied up with this edge, too many to decide:"
            " very many share some value; find it in marts.identity_edges, and put it on identity_blocklist"
        )
    nodes = dicts(con.execute(_NODES))
    ties = list(overrides)
    now, then = (_resolved(con, salt, nodes, kinds, ties, left_out) for left_out in (None, edge))
    for node in nodes:
        key, is_shown = node["identifier_key"], node["customer_id"] is not None or node["reason"]
        if is_shown and now[key] != (node["customer_id"], node["reason"]):
            raise UsageError("the rules have changed since these marts were published; run again: kizuna run")
    around = gather(con)
    evidence = [row for row in around.edges if {row["left_key"], row["right_key"]} == set(edge)]
    is_one = then[edge[0]][0] is not None and then[edge[0]][0] == then[edge[1]][0]
    return {
        "edge": {
            "left": _named(around.nodes[edge[0]]),
            "right": _named(around.nodes[edge[1]]),
            "rules": sorted({row["rule"] for row in evidence}),
            "observations": sum(row["observations"] for row in evidence),
        },
        "identifiers": [
            {
                "identifier": (node["identifier_kind"], node["identifier_hash"]),
                "customer_id": now[key][0],
                "would_be": then[key][0],
                "reason": then[key][1] or None,
            }
            for node in nodes
            if now[key := node["identifier_key"]] != then[key]
        ],
        "persons": _persons(con, nodes, now, then),
        "contradictions": len(_conflicts(con)),
        "is_one_person": is_one,
        "chain": (shortest_chain(around, [edge[0]], [edge[1]], frozenset(edge)) or []) if is_one or now == then else [],
    }


def _resolved(
    con: duckdb.DuckDBPyConnection,
    salt: str,
    nodes: list[dict[str, Any]],
    kinds: list[Kind],
    overrides: list[Override],
    left_out: Pair | None,
) -> dict[int, Fate]:
    """The fate of each of `nodes`, by key, from the edges between them that are not `left_out`."""
    pair = set(left_out or ())
    number = {kind.name: index for index, kind in enumerate(kinds)}
    edges = [row for row in con.execute(_EDGES).fetchall() if set(row[:2]) != pair]
    columns_ = list(zip(*edges, strict=True)) or [()] * 4
    ties: dict[str, list[Pair]] = {"never_link": [], "always_link": []}
    for each in overrides:
        if each.action == "never_link" or {each.left_key, each.right_key} != pair:
            ties[each.action].append((each.left_key, each.right_key))
    found = resolve(
        Identifiers(
            key=_integers([node["identifier_key"] for node in nodes]),
            kind=_integers([number[node["identifier_kind"]] for node in nodes]),
            landing_no=_integers([node["first_landing_no"] for node in nodes]),
            first_seen=_integers([node["first_landing_seen_ms"] for node in nodes]),
            is_blocklisted=np.array([node["is_blocklisted"] for node in nodes], dtype=bool),
        ),
        Edges(*(_integers(column) for column in columns_)),
        kinds,
        Pairings(
            ties["never_link"],
            ties["always_link"],
            _conflicts(con),
            [row for row in _likely(con) if set(row[:2]) != pair],
        ),
    )
    hashes = {node["identifier_key"]: node["identifier_hash"] for node in nodes}
    fates: dict[int, Fate] = {}
    for node, anchor, reason in zip(nodes, found.anchor.tolist(), found.reason.tolist(), strict=True):
        is_held = reason == 0
        fates[node["identifier_key"]] = (_customer_id(salt, hashes[anchor]) if is_held else None, REASONS[reason])
    return fates


def _customer_id(salt: str, anchor_hash: str) -> str:
    """As the model `persons` computes it."""
    return "c" + identifier_hash(salt, "customer", anchor_hash)[:24]


def _conflicts(con: duckdb.DuckDBPyConnection) -> list[Pair]:
    if not columns(con, "identity_conflicts"):
        return []
    return con.execute(f"select left_key, right_key from marts.identity_conflicts where {_INSIDE}").fetchall()


def _likely(con: duckdb.DuckDBPyConnection) -> list[tuple[int, int, float]]:
    if "match_weight" not in columns(con, "identity_edges"):
        return []
    return con.execute(
        f"select left_key, right_key, match_weight from marts.identity_edges where rule = 'probabilistic' and {_INSIDE}"
    ).fetchall()


def _persons(
    con: duckdb.DuckDBPyConnection, nodes: list[dict[str, Any]], now: dict[int, Fate], then: dict[int, Fate]
) -> list[dict[str, Any]]:
    """The customers that would gain or lose identifiers, each with what it holds now and would hold then."""
    kind = {node["identifier_key"]: node["identifier_kind"] for node in nodes}
    touched = {customer for key in kind if now[key] != then[key] for customer in (now[key][0], then[key][0])} - {None}
    known = dict(
        con.execute(
            "select alias_id, customer_id from marts.customer_aliases where list_contains(?::varchar[], alias_id)",
            [sorted(str(customer) for customer in touched)],
        ).fetchall()
    )
    found = []
    for customer in sorted(str(customer) for customer in touched):
        kinds = Counter(kind[key] for key, (holder, _) in then.items() if holder == customer)
        found.append(
            {
                "customer_id": customer,
                "identifiers_now": sum(holder == customer for holder, _ in now.values()),
                "identifiers_then": kinds.total(),
                "kinds_then": ", ".join(f"{kinds[name]} {name}" for name in KINDS if kinds[name]),
                "id_is": _standing(customer, known),
            }
        )
    return found


def _standing(customer: str, known: dict[str, str | None]) -> str:
    if customer not in known:
        return "new"
    return "current" if known[customer] == customer else "published once"


def _named(node: dict[str, Any]) -> tuple[str, str]:
    return node["kind"], node["hash"]


def _integers(values: Iterable[int]) -> np.ndarray:
    return np.array(list(values), dtype=np.int64)
