"""Identifiers by position in key order, which is what all arrays of identity hold instead of keys."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dagster_project.identity.evidence import Bools, Edges, Identifiers, Ints, Pairs

UNKNOWN = "an edge names an identifier that is not among the identifiers"
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
    if len(edges.left) and not len(key):
        raise ValueError(UNKNOWN)
    place = _Places(key)
    with ThreadPoolExecutor(2) as threads:  # NumPy lets go of the interpreter while it gathers
        left, right = threads.map(place.of, (edges.left, edges.right))
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


class _Places:
    """Finds keys among keys in order that are the start of a hash: each lies within a few places of where an even
    spread would put it, so two looks at memory do instead of the twenty of a binary search.
    """

    def __init__(self, key: Ints):
        self.key, self.last = key, len(key) - 1
        self.least = int(key[0]) if len(key) else 0
        self.bits = min(max(self.last.bit_length(), 1), 24)
        self.shift = max((int(key[-1]) - self.least).bit_length() - self.bits, 0) if len(key) else 0
        self.first = np.zeros((1 << self.bits) + 1, dtype=np.int32)
        np.cumsum(np.bincount((key - self.least) >> self.shift, minlength=1 << self.bits), out=self.first[1:])

    def of(self, wanted: Ints) -> Ints:
        """Where each of `wanted` stands. Raises ValueError where one is not among the keys."""
        if len(wanted) == 0:
            return np.empty(0, dtype=np.int32)
        key, last = self.key, self.last
        if int(wanted.min()) < self.least or int(wanted.max()) > int(key[last]):
            raise ValueError(UNKNOWN)
        bucket = wanted - self.least
        bucket >>= self.shift
        positions = self.first.take(bucket)
        np.minimum(positions, last, out=positions)
        missed = np.flatnonzero(key.take(positions) != wanted)
        at, missing = positions[missed], wanted[missed]
        for _ in range(STEPS):
            if len(missed) == 0:
                return positions
            np.minimum(at + 1, last, out=at)
            is_found = key.take(at) == missing
            positions[missed[is_found]] = at[is_found]
            missed, at, missing = missed[~is_found], at[~is_found], missing[~is_found]
        positions[missed] = np.minimum(np.searchsorted(key, missing), last)
        if not np.array_equal(key[positions[missed]], missing):
            raise ValueError(UNKNOWN)
        return positions
