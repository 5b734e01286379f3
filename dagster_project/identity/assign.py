"""From the tables of schema identity to the graph functions and back: all that the dbt models in Python do."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.identity.components import connected
from dagster_project.identity.evidence import WEAK, Edges, Identifiers, Ints, Kind, Pairings
from dagster_project.identity.graph import BLOCKLISTED, REASONS, TOO_MANY_RECORDS, Resolution, resolve_records
from dagster_project.identity.records import Records, records
from dagster_project.identity.sorting import between_positions
from dagster_project.sql import literal

KEYS = pa.schema([("identifier_key", pa.int64())])
# Of these no other identifier can change anything.
NOBODYS = [BLOCKLISTED, TOO_MANY_RECORDS]


def clusters(kinds: pa.Table, identifiers: Any, edges: Any, overrides: pa.Table) -> pa.Table:
    """Who is one person before it is asked what records say and which are likely one. A row per identifier, by key.

    kinds: kind, strength, is_weak, values_per_person, is_blockable, records_per_value. identifiers: a DuckDB
    relation with identifier_key, identifier_kind, first_landing_no, first_landing_seen_ms, is_blocklisted.
    edges: one with left_key, right_key, rule, observations, landing_no. overrides: left_key, right_key, action.
    Columns: identifier_key, anchor_key (null where blocked), blocked_reason (else null), component: of the graph of all
    edges, by the key of one that is in it, null where it has none that count. Of records that values would join to
    another's, and of those values: near (the component by strong identifiers), core_key, is_record, claims (of the
    core); elsewhere null. Components whose cores are different persons anyway, each by a value of one exclusive kind,
    are not among these.
    """
    rules = read_kinds(kinds)
    known = Pairings(*_overrides(overrides))
    given = read_identifiers(rules, identifiers)
    found = records(given, read_edges(given, edges), rules, known)
    resolution = resolve_records(given, found, rules, known)
    component = given.key.take(_components(rules, given, found, resolution.whole))
    component = pa.array(component, mask=np.isin(resolution.reason, NOBODYS))
    return pa.table(
        _persons(given, resolution) | {"component": component} | _near(rules, given, found, resolution.whole)
    )


def clusters_anew(
    kinds: pa.Table,
    identifiers: Any,
    edges: Any,
    overrides: pa.Table,
    kept: Any,
    touched: Any,
    relation: Callable[[pa.Table], Any],
) -> pa.Table:
    """The rows of `clusters` that may differ from `kept`, made before by the same rules and overrides.

    touched: a relation of the identifiers (identifier_key) of which an edge has come, gone or changed, at its one end
    at least, that have come or gone themselves, or may be seen otherwise. Those of them that are gone have no row.
    """

    def held(found: Any) -> Any:
        """The same rows, computed once."""
        return relation(found.to_arrow_table())

    def beside(keys: Any, free: Any) -> Any:
        """`keys`, and those at the other ends of the edges of `free`."""
        for side, other in (("left_key", "right_key"), ("right_key", "left_key")):
            ends = edges.join(free.project(f"identifier_key as {side}"), side, "semi")
            keys = keys.union(ends.project(f"{other} as identifier_key"))
        return held(keys.distinct())

    def whole(keys: Any) -> Any:
        """`keys`, with all of the components in which they were."""
        inside = kept.join(keys, "identifier_key", "semi").filter("component is not null").project("component")
        return held(keys.union(kept.join(inside, "component", "semi").project("identifier_key")).distinct())

    # A pair that somebody decided counts where both of it are there.
    decided = [key for side in ("left_key", "right_key") for key in overrides.column(side).to_pylist()]
    named = held(touched.union(relation(pa.table({"identifier_key": decided}, schema=KEYS))).distinct())
    free = identifiers.join(named, "identifier_key", "semi").filter("not is_blocklisted").project("identifier_key")
    keys = whole(beside(named, held(free)))
    # Of how many cores hold a value, these may decide anew, and then that joins all who hold it.
    limited = held(kept.filter(f"blocked_reason = {literal(REASONS[TOO_MANY_RECORDS])}").project("identifier_key"))
    limited = held(limited.join(beside(keys, keys), "identifier_key", "semi")) if len(limited) else limited
    if len(limited):
        keys = whole(beside(keys.union(limited), limited))
    between = edges
    for side in ("left_key", "right_key"):
        between = between.join(keys.project(f"identifier_key as {side}"), side, "semi")
    return clusters(kinds, identifiers.join(keys, "identifier_key", "semi"), between, overrides)


def changes(
    kinds: pa.Table,
    identifiers: Any,
    edges: Any,
    overrides: pa.Table,
    clusters: Any,
    conflicts: pa.Table,
    likely: pa.Table,
    relation: Callable[[pa.Table], Any],
) -> pa.Table:
    """The rows of `clusters` (identifier_key, anchor_key, blocked_reason) that pairs of records change, as they become.

    Only components that hold a pair are resolved again, whole. conflicts: left_key, right_key. likely: left_key,
    right_key, match_weight. `relation` makes a DuckDB relation of a table; the other arguments as in `clusters`.
    """
    never, always = _overrides(overrides)
    weighed = [(row["left_key"], row["right_key"], row["match_weight"]) for row in likely.to_pylist()]
    known = Pairings(never, always, _pairs(conflicts.to_pylist()), weighed)
    touched = {key for pair in (*known.conflicts, *known.likely) for key in pair[:2]}
    # One end of a pair that is never linked protects the other only where both are there.
    touched |= {key for pair in never for key in pair if touched}
    rules = read_kinds(kinds)
    named = relation(pa.table({"identifier_key": sorted(touched)}, schema=KEYS))
    inside = clusters.join(named, "identifier_key", "semi").filter("component is not null").project("component")
    keys = relation(clusters.join(inside, "component", "semi").project("identifier_key").to_arrow_table())
    given = read_identifiers(rules, identifiers.join(keys, "identifier_key", "semi"))
    between = edges
    for side in ("left_key", "right_key"):
        between = between.join(keys.project(f"identifier_key as {side}"), side, "semi")
    found = records(given, read_edges(given, between), rules, known)
    return pa.table(_persons(given, resolve_records(given, found, rules, known)))


def read_kinds(kinds: pa.Table) -> list[Kind]:
    """The rule table identity_kinds, strongest first."""
    return [
        Kind(
            row["kind"],
            row["strength"],
            row["is_weak"],
            row["values_per_person"] == 1,
            row["is_blockable"],
            row["records_per_value"],
        )
        for row in sorted(kinds.to_pylist(), key=lambda row: row["strength"])
    ]


def read_identifiers(kinds: list[Kind], identifiers: Any) -> Identifiers:
    """Identifiers in key order. Numbers come as small as they are: memory is what a large shop waits for."""
    numbers = " ".join(f"when {literal(kind.name)} then {number}" for number, kind in enumerate(kinds))
    found = identifiers.query(
        "identifiers",
        f"select identifier_key, cast(case identifier_kind {numbers} end as tinyint) as kind, first_landing_no,"
        " first_landing_seen_ms, is_blocklisted from identifiers order by identifier_key",
    ).to_arrow_table()
    return Identifiers(*(found[name].to_numpy() for name in found.column_names))


def read_edges(identifiers: Identifiers, edges: Any) -> Edges:
    """Edges between positions in key order, without those that an override made: the resolver takes these as pairs."""
    columns = (
        "left_key, right_key, cast(observations as bigint) as observations, cast(landing_no as bigint) as landing_no"
    )
    found = edges.filter("rule <> 'override'").project(columns).to_arrow_table()
    return between_positions(identifiers.key, Edges(*(found[name].to_numpy() for name in found.column_names)))


def _persons(given: Identifiers, resolution: Resolution) -> dict[str, Any]:
    """The columns identifier_key, anchor_key and blocked_reason."""
    is_blocked = resolution.reason != 0
    reasons: Any = pa.DictionaryArray.from_arrays(pa.array(resolution.reason, mask=~is_blocked), list(REASONS))
    return {
        "identifier_key": given.key,
        "anchor_key": pa.array(resolution.anchor, mask=is_blocked),
        "blocked_reason": reasons.cast(pa.string()),
    }


def _near(kinds: list[Kind], given: Identifiers, found: Records, whole: Ints) -> dict[str, pa.Array]:
    """The columns near, core_key, is_record and claims."""
    core, claims = found.nodes.of, found.nodes.claims
    count = len(core)
    is_record = ~np.array([kind.is_blockable for kind in kinds], dtype=bool)[given.kind]
    cores_at = np.flatnonzero(is_record & (core == np.arange(count, dtype=core.dtype)))
    cores = np.bincount(whole[cores_at], minlength=count)
    # As many cores as hold the same claim: no two of them can be in conflict for another reason.
    unclaimed = np.bincount(whole[cores_at[claims[cores_at] == 0]], minlength=count)
    is_weak = np.array([kind.is_weak for kind in kinds], dtype=bool)[given.kind]
    is_far = ~((cores > 1) & (unclaimed > 0))[whole] | is_weak
    return {
        "near": pa.array(given.key.take(whole), mask=is_far),
        "core_key": pa.array(given.key.take(core), mask=is_far),
        "is_record": pa.array(is_record, mask=is_far),
        "claims": pa.array(claims[core], mask=is_far),
    }


def _components(kinds: list[Kind], given: Identifiers, found: Records, whole: Ints) -> Ints:
    """A node of each identifier's component in the graph of all edges, given those of strong identifiers."""
    edges, weak = found.facts.edges, np.flatnonzero(found.joins == WEAK)
    is_weak = np.array([kind.is_weak for kind in kinds], dtype=bool)[given.kind]
    return connected(len(whole), whole.take(edges.left[weak]), whole.take(edges.right[weak]), is_weak).take(whole)


def _overrides(overrides: pa.Table) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Never-link and always-link pairs of keys."""
    rows = overrides.to_pylist()
    never, always = ([row for row in rows if row["action"] == action] for action in ("never_link", "always_link"))
    return _pairs(never), _pairs(always)


def _pairs(rows: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(row["left_key"], row["right_key"]) for row in rows]
