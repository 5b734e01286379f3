"""Who is one person: identifiers and edges in, the anchor of each identifier's person out.

Pure functions over NumPy arrays, without database or clock. Plain connected components carry nearly all; only
contested components take the walk (`walk.py`). Reading and writing tables belongs to the dbt model that calls this.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dagster_project.identity.walk import Walk

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Codes in Resolution.reason. Shared: it joined two persons; shared device: the same of a weak identifier.
REASONS = ("", "blocklisted", "shared_value", "shared_device")
BLOCKLISTED, SHARED_VALUE, SHARED_DEVICE = 1, 2, 3


@dataclass(frozen=True)
class Kind:
    """A row of the rule table identity_kinds. `strength`: 1 is strongest. `is_exclusive`: a person has one value of it."""

    name: str
    strength: int
    is_weak: bool
    is_exclusive: bool
    is_blockable: bool


@dataclass(frozen=True)
class Identifiers:
    """One element per identifier. `key`: unique, orders as the hash does. `kind`: index into the kinds.
    `landing_no`, `first_seen`: of the landing that first brought it (any integer unit of time).
    """

    key: Ints
    kind: Ints
    landing_no: Ints
    first_seen: Ints
    is_blocklisted: Bools


@dataclass(frozen=True)
class Edges:
    """One element per pair of identifiers, in any order and direction. `left`, `right`: identifier keys."""

    left: Ints
    right: Ints
    observations: Ints
    landing_no: Ints


@dataclass(frozen=True)
class Resolution:
    """Aligned with the identifiers given: `anchor`, key of the person's anchor, -1 where blocked; `reason`, see REASONS."""

    anchor: Ints
    reason: npt.NDArray[np.int8]


@dataclass(frozen=True)
class _Stage:
    """What one stage works on: nodes 0..n-1 and edges between them, with what orders and limits them."""

    claims: Ints
    weakness: Ints
    u: Ints
    v: Ints
    edge_order: tuple[Ints, ...]
    never: list[tuple[int, int]]


def resolve(identifiers: Identifiers, edges: Edges, kinds: list[Kind],
            never: list[tuple[int, int]], always: list[tuple[int, int]]) -> Resolution:
    """Assign each identifier to a person, named by its anchor, or block it.

    Strong identifiers first, with `always` pairs taken as one identifier, then weak ones against the persons found.
    Blocked values neither link nor belong to anybody. An edge is left out, and no identifier blocked, where its path
    has only identifiers that may not be blocked: a card seen with two members stays with the member of the stronger
    edge. `never` and `always` hold identifier keys; unknown ones are passed over. The result does not depend on
    the order of identifiers, edges or pairs. Raises ValueError where an edge names an unknown key.
    """
    order = np.argsort(identifiers.key, kind="stable")
    key = identifiers.key[order]
    kind = identifiers.kind[order]
    landing_no, first_seen = identifiers.landing_no[order], identifiers.first_seen[order]
    strengths = np.array([item.strength for item in kinds], dtype=np.int64)
    weak = np.array([item.is_weak for item in kinds], dtype=bool)[kind]
    strength = strengths[kind]
    reason = np.where(identifiers.is_blocklisted[order], BLOCKLISTED, 0).astype(np.int8)

    unit = _units(len(key), [pair for pair in _codes_of(key, always) if not reason[list(pair)].any()])
    apart = sorted({(min(pair), max(pair)) for a, b in _codes_of(key, never) if not (reason[a] or reason[b])
                    for pair in [(int(unit[a]), int(unit[b]))] if pair[0] != pair[1]})
    left, right = _codes(key, edges.left), _codes(key, edges.right)
    u, v = unit[left], unit[right]
    live = (reason[left] == 0) & (reason[right] == 0) & (u != v)
    if apart:
        live &= ~np.isin(np.minimum(u, v) * len(key) + np.maximum(u, v), [a * len(key) + b for a, b in apart])

    # From the least to the most significant, as np.lexsort wants it; keys are coded in hash order.
    edge_order = (np.maximum(left, right), np.minimum(left, right), edges.landing_no, -edges.observations,
                  np.minimum(strength[left], strength[right]), np.maximum(strength[left], strength[right]))
    weakness, claims = _limits(kinds, kind, strength, landing_no, first_seen, unit)

    is_strong = ~weak[left] & ~weak[right]
    chosen = np.flatnonzero(live & is_strong)
    label, blocked = _components(_Stage(claims, weakness, u[chosen], v[chosen],
                                        tuple(column[chosen] for column in edge_order), apart))
    blocked = blocked[unit]
    reason[blocked] = SHARED_VALUE

    strong_unit = np.zeros(len(key), dtype=bool)
    strong_unit[unit[~weak]] = True
    # A person is one node, that of its label; a weak identifier is its own.
    node = np.where(strong_unit[unit], label[unit], unit)
    chosen = np.flatnonzero(live & ~is_strong & (reason[left] == 0) & (reason[right] == 0)
                            & ~(strong_unit[u] & strong_unit[v]))
    is_person = np.zeros(len(key), dtype=bool)
    is_person[node[strong_unit[unit]]] = True
    label, blocked = _components(_Stage(
        is_person.astype(np.int64), np.where(is_person, -1, weakness), node[left[chosen]], node[right[chosen]],
        tuple(column[chosen] for column in edge_order),
        [(a, b) for a, b in sorted({(int(node[a]), int(node[b])) for a, b in apart}) if a != b]))
    reason[blocked[node] & (reason == 0)] = SHARED_DEVICE

    person = label[node]
    rank = np.lexsort((first_seen, (weak.astype(np.int64) << 50) + (landing_no << 8) + strength))
    rank = rank[reason[rank] == 0]
    anchor_of = np.full(len(key), -1, dtype=np.int64)
    anchor_of[person[rank[::-1]]] = rank[::-1]  # the last written is the smallest in rank
    anchor = np.where(reason == 0, key[anchor_of[person]], -1)

    back = np.empty(len(key), dtype=np.int64)
    back[order] = np.arange(len(key))
    return Resolution(anchor[back], reason[back])


def _codes(key: Ints, wanted: Ints) -> Ints:
    """Positions of `wanted` in the sorted `key`."""
    if len(wanted) == 0:
        return np.empty(0, dtype=np.int64)
    if len(key) == 0:
        raise ValueError("an edge names an identifier that is not among the identifiers")
    order = np.argsort(wanted)  # a sorted search stays in the processor's cache: 7 s become 1 s over 5 million
    codes = np.empty(len(wanted), dtype=np.int64)
    codes[order] = np.minimum(np.searchsorted(key, wanted[order]), len(key) - 1)
    if not np.array_equal(key[codes], wanted):
        raise ValueError("an edge names an identifier that is not among the identifiers")
    return codes


def _codes_of(key: Ints, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pairs of keys as pairs of positions, without those of unknown keys."""
    if not pairs or len(key) == 0:
        return []
    wanted = np.array(pairs, dtype=np.int64)
    codes = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    known = (key[codes] == wanted).all(axis=1)
    return [(int(a), int(b)) for a, b in codes[known]]


def _units(count: int, always: list[tuple[int, int]]) -> Ints:
    """The node that stands for each identifier: itself, or the smallest of those that overrides tie together."""
    unit = np.arange(count, dtype=np.int64)
    if always:
        a, b = np.array(always).T
        unit = _smallest(connected_components(coo_array((np.ones(len(a), dtype=np.int8), (a, b)), (count, count)),
                                              directed=False)[1])
    return unit


def _smallest(label: npt.NDArray[np.int32]) -> Ints:
    """Component numbers replaced by the smallest node of each component."""
    smallest = np.empty(len(label), dtype=np.int64)
    smallest[label[::-1]] = np.arange(len(label) - 1, -1, -1)
    return smallest[label]


def _limits(kinds: list[Kind], kind: Ints, strength: Ints, landing_no: Ints, first_seen: Ints,
            unit: Ints) -> tuple[Ints, Ints]:
    """Per unit: its weakness (-1: never blocked), and a bit for each exclusive kind of which it holds a value.

    Weaker is the weaker kind, then the one that came later. A unit tied together by overrides is as strong as its
    strongest identifier, and never blocked where one of them may not be.
    """
    count = len(kind)
    weakness = np.empty(count, dtype=np.int64)
    weakness[np.lexsort((first_seen, (strength << 40) + landing_no))] = np.arange(count)
    weakness[~np.array([item.is_blockable for item in kinds], dtype=bool)[kind]] = -1
    bits = np.cumsum([item.is_exclusive for item in kinds])
    claim = np.array([1 << int(bit) if item.is_exclusive else 0 for item, bit in zip(kinds, bits, strict=True)],
                     dtype=np.int64)[kind]
    tied = np.flatnonzero(unit != np.arange(count))
    np.minimum.at(weakness, unit[tied], weakness[tied])
    np.bitwise_or.at(claim, unit[tied], claim[tied])
    claim[tied] = 0
    return weakness, claim


def _components(stage: _Stage) -> tuple[Ints, Bools]:
    """Component label per node (a node of that component) and whether it is blocked; contested components walk."""
    count = len(stage.claims)
    graph = coo_array((np.ones(len(stage.u), dtype=np.int8), (stage.u, stage.v)), (count, count))
    label = _smallest(connected_components(graph, directed=False)[1]) if count else np.empty(0, dtype=np.int64)
    blocked = np.zeros(count, dtype=bool)
    contested = np.zeros(count, dtype=bool)
    for bit in range(1, int(stage.claims.max(initial=0)).bit_length() + 1):
        holders = label[stage.claims & (1 << (bit - 1)) != 0]
        contested |= np.bincount(holders, minlength=count) > 1
    never = [(a, b) for a, b in stage.never if label[a] == label[b]]
    apart = np.unique(np.array([label[a] for a, _ in never], dtype=np.int64))
    contested[apart] = False
    for chosen in [np.flatnonzero(contested[label]), *(np.flatnonzero(label == one) for one in apart)]:
        _walk(stage, chosen, never, label, blocked)
    return label, blocked


def _walk(stage: _Stage, nodes: Ints, never: list[tuple[int, int]], label: Ints, blocked: Bools) -> None:
    """Walk over `nodes` (whole components) and write what comes out into `label` and `blocked`."""
    if len(nodes) == 0:
        return
    local = np.full(len(label), -1, dtype=np.int64)
    local[nodes] = np.arange(len(nodes))
    chosen = np.flatnonzero(local[stage.u] >= 0)
    chosen = chosen[np.lexsort(tuple(column[chosen] for column in stage.edge_order))]
    pairs = list(zip(local[stage.u[chosen]].tolist(), local[stage.v[chosen]].tolist(), strict=True))
    enemies: dict[int, set[int]] = {}
    for a, b in never:
        if local[a] >= 0:
            enemies.setdefault(int(local[a]), set()).add(int(local[b]))
            enemies.setdefault(int(local[b]), set()).add(int(local[a]))
    found, cut = Walk(pairs, stage.claims[nodes].tolist(), stage.weakness[nodes].tolist(), enemies).run()
    label[nodes] = nodes[np.array(found)]
    blocked[nodes] = cut
