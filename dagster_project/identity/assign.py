"""From the tables of schema identity to `graph.resolve` and back: all that the dbt model does."""

from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.identity.evidence import Edges, Identifiers, Kind
from dagster_project.identity.graph import REASONS, resolve


def assignments(kinds: pa.Table, identifiers: pa.Table, edges: pa.Table, overrides: pa.Table) -> pa.Table:
    """One row per identifier: identifier_key, anchor_key (null where blocked), blocked_reason (else null).

    kinds: kind, strength, is_weak, values_per_person, is_blockable. identifiers: identifier_key,
    identifier_kind, first_landing_no, first_landing_seen_ms, is_blocklisted. edges: one row per pair:
    left_key, right_key, observations, landing_no. overrides: left_key, right_key, action.
    """
    rules = sorted(kinds.to_pylist(), key=lambda row: row["strength"])
    known = [
        Kind(row["kind"], row["strength"], row["is_weak"], row["values_per_person"] == 1, row["is_blockable"])
        for row in rules
    ]
    pairs: dict[str, list[tuple[int, int]]] = {"never_link": [], "always_link": []}
    for row in overrides.to_pylist():
        pairs[row["action"]].append((row["left_key"], row["right_key"]))

    words = identifiers["identifier_kind"].combine_chunks().dictionary_encode()
    if isinstance(words, pa.ChunkedArray):
        words = words.combine_chunks()
    number = {kind.name: index for index, kind in enumerate(known)}
    translation = np.array([number[word] for word in words.dictionary.to_pylist()], dtype=np.int64)
    resolution = resolve(
        Identifiers(
            key=_integers(identifiers, "identifier_key"),
            kind=translation[words.indices.to_numpy()],
            landing_no=_integers(identifiers, "first_landing_no"),
            first_seen=_integers(identifiers, "first_landing_seen_ms"),
            is_blocklisted=identifiers["is_blocklisted"].to_numpy(),
        ),
        Edges(*(_integers(edges, name) for name in ("left_key", "right_key", "observations", "landing_no"))),
        known,
        pairs["never_link"],
        pairs["always_link"],
    )
    is_blocked = resolution.reason != 0
    reasons: Any = pa.DictionaryArray.from_arrays(pa.array(resolution.reason, mask=~is_blocked), list(REASONS))
    return pa.table(
        {
            "identifier_key": identifiers["identifier_key"],
            "anchor_key": pa.array(resolution.anchor, mask=is_blocked),
            "blocked_reason": reasons.cast(pa.string()),
        }
    )


def _integers(table: pa.Table, name: str) -> np.ndarray:
    return table[name].to_numpy().astype(np.int64, copy=False)
