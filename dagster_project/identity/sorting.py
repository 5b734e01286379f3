"""Identifiers by position in key order, which is what all arrays of identity hold instead of keys."""

from collections.abc import Sequence

import numpy as np

from dagster_project.identity.evidence import Bools, Edges, Identifiers, Ints, Pairs

STEPS = 12  # no more keys than that start alike, where they are hashes


def in_key_order(identifiers: Identifiers, edges: Edges) -> tuple[Ints | None, Identifiers, Edges]:
    """The identifiers in key order (with the order, None where they are in it), and edges between positions.

    Raises ValueError where an edge names an unknown key.
    """
    order = None
    if not (identifiers.key[:-1] < identifiers.key[1:]).all():
        order = np.argsort(identifiers.key, kind="stable")
        identifiers = Identifiers(*(values[order] for values in vars(identifiers).values()))
    return order, identifiers, between_positions(identifiers.key, edges)


def between_positions(key: Ints, edges: Edges) -> Edges:
    """Edges between keys as edges between positions in `key`, which is in order. Raises ValueError as above."""
    left, right = _positions(key, edges.left), _positions(key, edges.right)
    return Edges(left, right, edges.observations, edges.landing_no)


def positions_of(key: Ints, pairs: Sequence[tuple[int, int]], is_nobodys: Bools | None = None) -> list[tuple[int, int]]:
    """Pairs of keys as pairs of positions, in the order given, without those of unknown keys or of nobody's."""
    if not pairs or len(key) == 0:
        return []
    wanted = np.array(pairs, dtype=np.int64)
    codes = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    kept = (key[codes] == wanted).all(axis=1)
    if is_nobodys is not None:
        kept &= ~is_nobodys[codes].any(axis=1)
    return [(int(a), int(b)) for a, b in codes[kept]]


def apart_of(pairs: Sequence[tuple[int, int]] | Pairs, node: Ints) -> Pairs:
    """Pairs of positions as pairs of different nodes, the smaller first."""
    nodes = [(int(node[a]), int(node[b])) for a, b in pairs]
    return {(min(a, b), max(a, b)) for a, b in nodes if a != b}


def _positions(key: Ints, wanted: Ints) -> Ints:
    """Where each of `wanted` stands in `key`, which is in order. Raises ValueError where one is not in it."""
    if len(wanted) == 0:
        return np.empty(0, dtype=np.int32)
    if len(key) == 0:
        raise ValueError("an edge names an identifier that is not among the identifiers")
    last, least = len(key) - 1, int(key[0])
    # Keys are the start of a hash, so each lies within a few places of where an even spread would put it: two looks
    # at memory instead of the twenty of a binary search.
    bits = min(max(last.bit_length() - 1, 1), 24)
    shift = max((int(key[last]) - least).bit_length() - bits, 0)
    first = np.zeros((1 << bits) + 1, dtype=np.int32)
    np.cumsum(np.bincount((key - least) >> shift, minlength=1 << bits), out=first[1:])
    positions = first[np.clip((wanted - least) >> shift, 0, 1 << bits)]
    np.minimum(positions, last, out=positions)
    missed = np.flatnonzero(key[positions] != wanted)
    for _ in range(STEPS):
        if len(missed) == 0:
            return positions
        positions[missed] = np.minimum(positions[missed] + 1, last)
        missed = missed[key[positions[missed]] != wanted[missed]]
    positions[missed] = np.minimum(np.searchsorted(key, wanted[missed]), last)
    if not np.array_equal(key[positions[missed]], wanted[missed]):
        raise ValueError("an edge names an identifier that is not among the identifiers")
    return positions
