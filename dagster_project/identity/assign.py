"""From the tables of schema identity to the graph functions and back: all that the dbt models in Python do."""

from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.identity.components import connected
from dagster_project.identity.evidence import STRONG, Edges, Identifiers, Kind
from dagster_project.identity.graph import REASONS, resolve_sorted
from dagster_project.identity.records import records
from dagster_project.identity.sorting import between_positions
from dagster_project.sql import literal

Pairs = list[tuple[int, int]]


def assignments(
    kinds: pa.Table, identifiers: Any, edges: Any, overrides: pa.Table, conflicts: pa.Table, likely: pa.Table
) -> pa.Table:
    """One row per identifier: identifier_key, anchor_key (null where blocked), blocked_reason (else null).

    kinds: kind, strength, is_weak, values_per_person, is_blockable, records_per_value. identifiers: a DuckDB
    relation with identifier_key, identifier_kind, first_landing_no, first_landing_seen_ms, is_blocklisted.
    edges: one with left_key, right_key, rule, observations, landing_no. overrides: left_key, right_key, action.
    conflicts: left_key, right_key. likely: left_key, right_key, match_weight.
    """
    known = read_kinds(kinds)
    never, always = _overrides(overrides)
    given = read_identifiers(known, identifiers)
    weighed = [(row["left_key"], row["right_key"], row["match_weight"]) for row in likely.to_pylist()]
    found = read_edges(given, edges)
    resolution = resolve_sorted(given, found, known, never, always, _pairs(conflicts.to_pylist()), weighed)
    is_blocked = resolution.reason != 0
    reasons: Any = pa.DictionaryArray.from_arrays(pa.array(resolution.reason, mask=~is_blocked), list(REASONS))
    return pa.table(
        {
            "identifier_key": given.key,
            "anchor_key": pa.array(resolution.anchor, mask=is_blocked),
            "blocked_reason": reasons.cast(pa.string()),
        }
    )


def near_identifiers(kinds: pa.Table, identifiers: Any, edges: Any, overrides: pa.Table) -> pa.Table:
    """The records that values would join into one person with another's, and those values; for the comparison
    of what the records say. Tables as in `assignments`.

    One row per identifier: identifier_key, component, core_key, is_record, claims (of its core). Components
    whose cores are different persons anyway, each by a value of one exclusive kind, are not among them.
    """
    known = read_kinds(kinds)
    given = read_identifiers(known, identifiers)
    count, between = len(given.key), read_edges(given, edges)
    found = records(given, between, known, *_overrides(overrides))
    core, claims = found.nodes.of, found.nodes.claims
    strong = np.flatnonzero(found.joins == STRONG)
    label = connected(count, core[between.left[strong]], core[between.right[strong]])[core]
    is_record = ~np.array([kind.is_blockable for kind in known], dtype=bool)[given.kind]
    is_core = is_record & (core == np.arange(count))
    cores = np.bincount(label[is_core], minlength=count)
    # As many cores as hold the same claim: no two of them can be in conflict for another reason.
    unclaimed = np.bincount(label[is_core & (claims == 0)], minlength=count)
    is_weak = np.array([kind.is_weak for kind in known], dtype=bool)[given.kind]
    near = np.flatnonzero(((cores > 1) & (unclaimed > 0))[label] & ~is_weak)
    return pa.table(
        {
            "identifier_key": given.key[near],
            "component": label[near].astype(np.int64),
            "core_key": given.key[core[near]],
            "is_record": is_record[near],
            "claims": claims[core[near]].astype(np.int64),
        }
    )


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


def _overrides(overrides: pa.Table) -> tuple[Pairs, Pairs]:
    """Never-link and always-link pairs of keys."""
    rows = overrides.to_pylist()
    never, always = ([row for row in rows if row["action"] == action] for action in ("never_link", "always_link"))
    return _pairs(never), _pairs(always)


def _pairs(rows: list[dict[str, Any]]) -> Pairs:
    return [(row["left_key"], row["right_key"]) for row in rows]
