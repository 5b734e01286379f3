"""Why two identifiers are, or are not, one person: the chain of evidence between them, from the published marts alone.

Only what is tied to the two is read, so it takes no longer in a shop of a million members. Nothing here knows a value:
identifiers are kind and hash.
"""

import heapq
from collections.abc import Iterable
from typing import Any

import duckdb

from dagster_project.errors import UsageError
from dagster_project.identity.given import Override, current_id, hashed
from dagster_project.identity.neighbourhood import Neighbourhood, columns, gather, reach
from dagster_project.sql import dicts

# A chain with one blocked edge less is better, however much longer it is.
_BLOCKED = 10_000

WHY = {
    "blocklisted": "is on identity_blocklist, or fits a pattern there: nobody's value",
    "shared_value": "is shared by persons who may not be one, and is the weakest identifier between them",
    "shared_device": "was seen with more than one person: a shared device joins nobody",
    "too_many_records": "is carried by more records than identity_kinds allows (records_per_value)",
    "conflicting_records": "is carried by records that contradict each other",
}
WHY_EDGE = {
    "never_link": "forbidden by an override",
    "two_persons": "would join two persons, and neither end may be blocked: the stronger evidence stands",
}

# All that the persons on a chain hold, and the chain itself.
_HELD = """
    with on_chain as (
        select * from marts.identity_nodes where identifier_key in (select key from keys_on_chain)
    )
    select identifier_key as key, identifier_kind as kind, identifier_hash as hash from on_chain
    union
    select identifier_key, identifier_kind, identifier_hash from marts.identity_nodes
    where customer_id in (select customer_id from on_chain)
"""
_CONFLICTS = """
    select left_kind, left_hash, right_kind, right_hash, points, reasons from marts.identity_conflicts
    where left_key in (select key from keys_on_chain) and right_key in (select key from keys_on_chain)
    order by points desc, left_hash, right_hash limit 20
"""
_FIND = "select identifier_key as key, customer_id, blocked_reason from marts.identity_nodes where "


def explain(
    con: duckdb.DuckDBPyConnection, salt: str, a: str, b: str, overrides: Iterable[Override] = ()
) -> dict[str, Any]:
    """Why `a` and `b` (each a customer id, an alias, or `kind:value`) are, or are not, one person.

    customers: of each, null where it is nobody's; is_one_person; chain: the best chain of evidence, a dict per step
    (see `_step`), empty where both are the same identifier or nothing links them; is_linked: whether there is a chain
    at all; is_searched_whole: false where none was found among MAX_IDENTIFIERS, and there are more; blocked: per
    blocked identifier of the chain its reason, why in words, and how many customers it was seen with; apart: overrides
    and contradictions between the records of the two. Raises UsageError where an argument is unknown.
    """
    if not columns(con, "identity_nodes"):
        raise UsageError("these marts were published by an earlier version; run again: kizuna run")
    starts, ends = find_nodes(con, salt, a), find_nodes(con, salt, b)
    customers = [next(iter(nodes.values())) for nodes in (starts, ends)]
    is_one = customers[0] is not None and customers[0] == customers[1]
    around, steps, is_whole = _linked(con, list(starts), list(ends))
    if is_one and (steps is None or any(step["status"] == "blocked" for step in steps)):
        raise UsageError("the published edges do not join the two; run again to publish them anew")
    return {
        "customers": customers,
        "is_one_person": is_one,
        "is_linked": steps is not None,
        "is_searched_whole": is_whole,
        "chain": steps or [],
        "blocked": [] if is_one else _blocked(around, steps or []),
        "apart": [] if is_one else _apart(con, steps or [], [*starts, *ends], overrides),
    }


def find_nodes(con: duckdb.DuckDBPyConnection, salt: str, given: str) -> dict[int, str | None]:
    """Key -> customer id of the identifiers that `given` stands for: one, or all of a customer's."""
    if ":" in given:
        kind, hash_ = hashed(salt, given)
        found = dicts(con.execute(_FIND + "identifier_kind = ? and identifier_hash = ?", [kind, hash_]))
        if not found:
            raise UsageError(f"no landed row carries this {kind}")
        if found[0]["customer_id"] is None and found[0]["blocked_reason"] is None:
            raise UsageError(f"whoever this {kind} belongs to was first seen after the day that is published")
    else:
        found = dicts(con.execute(_FIND + "customer_id = ? order by identifier_key", [current_id(con, given)]))
    return {row["key"]: row["customer_id"] for row in found}


def _linked(
    con: duckdb.DuckDBPyConnection, starts: list[int], ends: list[int]
) -> tuple[Neighbourhood, list[dict[str, Any]] | None, bool]:
    """The neighbourhood, the best chain in it, and whether all was looked through.

    Goes through the blocklist's values only where nothing else links the two.
    """
    around, is_whole = Neighbourhood({}, []), True
    for through_blocklisted in (False, True):
        is_whole &= reach(con, starts, ends, through_blocklisted)
        around = gather(con)
        steps = shortest_chain(around, starts, ends)
        if steps is not None:
            return around, steps, True
    return around, None, is_whole


def shortest_chain(
    around: Neighbourhood, starts: Iterable[int], ends: Iterable[int], without: frozenset[int] = frozenset()
) -> list[dict[str, Any]] | None:
    """The chain with the fewest blocked edges, then the fewest edges, as steps; None where there is none.

    `without`: the two keys of an edge to leave out.
    """
    beside: dict[int, dict[int, list[dict[str, Any]]]] = {}
    for edge in around.edges:
        left, right = edge["left_key"], edge["right_key"]
        if without != {left, right}:
            beside.setdefault(left, {}).setdefault(right, []).append(edge)
            beside.setdefault(right, {}).setdefault(left, []).append(edge)
    targets = set(ends)
    waiting: list[tuple[int, int, int]] = [(0, key, key) for key in sorted(starts)]
    before: dict[int, int] = {}
    while waiting:
        cost, key, origin = heapq.heappop(waiting)
        if key in before:
            continue
        before[key] = origin
        if key in targets:
            return _steps(around, before, beside, key)
        for other, evidence in beside.get(key, {}).items():
            if other not in before:
                is_used = any(edge["status"] == "used" for edge in evidence)
                heapq.heappush(waiting, (cost + (1 if is_used else _BLOCKED), other, key))
    return None


def _steps(
    around: Neighbourhood, before: dict[int, int], beside: dict[int, dict[int, list[dict[str, Any]]]], end: int
) -> list[dict[str, Any]]:
    steps = []
    while before[end] != end:
        steps.append(_step(around, before[end], end, beside[before[end]][end]))
        end = before[end]
    return [{"step": number} | step for number, step in enumerate(reversed(steps), 1)]


def _step(around: Neighbourhood, left: int, right: int, evidence: list[dict[str, Any]]) -> dict[str, Any]:
    """One step: left and right as (kind, hash) in the direction of the chain; rule, source, first_seen_at (UTC),
    observations, first_file_id and first_line_no of the evidence seen most; the same of all other evidence in `others`.
    """
    ordered = sorted(evidence, key=lambda edge: edge["status"] != "used")
    ends = {
        side: (around.nodes[key]["kind"], around.nodes[key]["hash"]) for side, key in (("left", left), ("right", right))
    }
    names = (
        *("rule", "source", "first_seen_at", "observations", "first_file_id", "first_line_no", "match_weight"),
        *("status", "reason"),
    )
    main, *others = [{name: edge[name] for name in names} for edge in ordered]
    return ends | main | {"keys": (left, right), "others": others}


def _blocked(around: Neighbourhood, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocked identifiers on a chain, each with its reason and what it means."""
    found = []
    for key in dict.fromkeys(key for step in steps for key in step["keys"]):
        node = around.nodes[key]
        if node["blocked_reason"] is None:
            continue
        beside = {
            around.nodes[other]["customer_id"]
            for edge in around.edges
            if key in (edge["left_key"], edge["right_key"])
            for other in (edge["left_key"], edge["right_key"])
        }
        found.append(
            {
                "identifier": (node["kind"], node["hash"]),
                "reason": node["blocked_reason"],
                "why": WHY.get(node["blocked_reason"], ""),
                "customers_beside": len(beside - {None}),
            }
        )
    return found


def _apart(
    con: duckdb.DuckDBPyConnection,
    steps: list[dict[str, Any]],
    given: list[int],
    overrides: Iterable[Override],
) -> list[dict[str, Any]]:
    """What keeps the persons along the chain apart: lines of identity_overrides, and records that contradict."""
    on_chain = {key for step in steps for key in step["keys"]} | set(given)
    con.execute("create or replace temp table keys_on_chain as select unnest(?::bigint[]) as key", [sorted(on_chain)])
    named = {row["key"]: (row["kind"], row["hash"]) for row in dicts(con.execute(_HELD))}
    found: list[dict[str, Any]] = [
        {
            "what": "never_link",
            "left": named[each.left_key],
            "right": named[each.right_key],
            "why": f"identity_overrides.csv line {each.line}, {each.who}: {each.why}",
        }
        for each in overrides
        if each.action == "never_link" and each.left_key in named and each.right_key in named
    ]
    if columns(con, "identity_conflicts"):
        con.execute("create or replace temp table keys_on_chain as select unnest(?::bigint[]) as key", [sorted(named)])
        found += [
            {
                "what": "conflicting_records",
                "left": (row["left_kind"], row["left_hash"]),
                "right": (row["right_kind"], row["right_hash"]),
                "why": f"{row['reasons'].replace(' ', ', ')} ({row['points']} points)",
            }
            for row in dicts(con.execute(_CONFLICTS))
        ]
    return found
