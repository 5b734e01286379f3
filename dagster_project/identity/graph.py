"""Who is one person: identifiers and edges in, the anchor of each identifier's person out.

Pure functions over NumPy arrays, without database or clock. Tables are read and written by `assign.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dagster_project.identity.components import Apart, Nodes, components
from dagster_project.identity.evidence import STRONG, WEAK, Edges, Facts, Identifiers, Ints, Kind
from dagster_project.identity.records import Records, records
from dagster_project.identity.sorting import apart_of, in_key_order, positions_of
from dagster_project.identity.walk import CONFLICT, LIMIT

# Codes in Resolution.reason. Shared: it joined two persons; shared device: the same of a weak identifier.
REASONS = ("", "blocklisted", "shared_value", "shared_device", "too_many_records", "conflicting_records")
LAST = np.iinfo(np.int64).max
BLOCKLISTED, SHARED_VALUE, SHARED_DEVICE, TOO_MANY_RECORDS, CONFLICTING_RECORDS = range(1, 6)


@dataclass(frozen=True)
class Resolution:
    """Per identifier, as given: the key of its person's anchor, -1 where blocked; an index into REASONS."""

    anchor: Ints
    reason: npt.NDArray[np.int8]


def resolve(
    identifiers: Identifiers,
    edges: Edges,
    kinds: list[Kind],
    never: Sequence[tuple[int, int]],
    always: Sequence[tuple[int, int]],
    conflicts: Sequence[tuple[int, int]] = (),
    likely: Sequence[tuple[int, int, float]] = (),
) -> Resolution:
    """Assign each identifier to a person, named by its anchor, or block it.

    Strong identifiers first, with `always` pairs taken as one identifier: records (kinds that are never
    blocked) that an edge joins directly, then values, without those that too many records hold; then `likely`
    pairs; then weak identifiers against the persons found. Blocked values neither link nor belong to anybody.
    An edge is left out, and no identifier blocked, where its path has only identifiers that may not be
    blocked: a card seen with two members stays with the member of the stronger edge. `conflicts`: pairs of
    records that no value may join, but an edge between records may. `likely`: pairs of records with the weight
    of the match, taken heaviest first, left out where a limit or `never` forbids; conflicts do not, since the
    weight counts what speaks against it. Pairs hold identifier keys; unknown ones are passed over. The result
    does not depend on the order of identifiers, edges or pairs. Raises ValueError where an edge names an
    unknown key.
    """
    order, identifiers, edges = in_key_order(identifiers, edges)
    found = resolve_sorted(identifiers, edges, kinds, never, always, conflicts, likely)
    if order is None:
        return found
    anchor, reason = np.empty_like(found.anchor), np.empty_like(found.reason)
    anchor[order], reason[order] = found.anchor, found.reason
    return Resolution(anchor, reason)


def resolve_sorted(
    identifiers: Identifiers,
    edges: Edges,
    kinds: list[Kind],
    never: Sequence[tuple[int, int]],
    always: Sequence[tuple[int, int]],
    conflicts: Sequence[tuple[int, int]] = (),
    likely: Sequence[tuple[int, int, float]] = (),
) -> Resolution:
    """`resolve` of identifiers in key order and edges whose ends are positions in it."""
    key, kind = identifiers.key, identifiers.kind
    known = records(identifiers, edges, kinds, never, always)
    facts, joins = known.facts, known.joins
    reason = np.where(identifiers.is_blocklisted, BLOCKLISTED, 0).astype(np.int8)
    reason[known.too_many] = TOO_MANY_RECORDS

    core = known.nodes
    apart = Apart(apart_of(known.apart, core.of), apart_of(positions_of(key, conflicts, reason != 0), core.of))
    leads = np.array([_leads(item, kinds) for item in kinds], dtype=bool)[kind]
    label, blocked = components(facts, core, np.flatnonzero(joins == STRONG), apart, leads)
    if blocked.any():
        # What is nobody's already has no edge left, and so cannot be blocked again.
        why = blocked[core.of]
        reason[why == LIMIT] = SHARED_VALUE
        reason[why == CONFLICT] = CONFLICTING_RECORDS
    person = label[core.of]
    if likely:
        person = _join_likely(key, known, person, reason, likely)
    person = _attach_weak(known, person, reason, kinds, kind)
    return Resolution(_anchors(facts, identifiers, kinds, person, reason), reason)


def _leads(kind: Kind, kinds: list[Kind]) -> bool:
    """Whether a walk takes edges of `kind` first, and a value that two of it hold is sure to be contested."""
    rivals = [item for item in kinds if item is not kind and item.strength <= kind.strength]
    return kind.is_exclusive and not kind.is_blockable and not rivals


def _join_likely(
    key: Ints, known: Records, person: Ints, reason: Ints, likely: Sequence[tuple[int, int, float]]
) -> Ints:
    """The person of each identifier after likely pairs, of which those are left out that may not be."""
    ordered = sorted((-weight, min(a, b), max(a, b)) for a, b, weight in likely)
    pairs = positions_of(key, [(a, b) for _, a, b in ordered], reason != 0)
    pairs = [(a, b) for a, b in pairs if person[a] != person[b]]
    if not pairs:
        return person
    left, right = np.array(pairs, dtype=np.int32).T
    ones = np.ones(len(pairs), dtype=np.int64)
    facts = replace(known.facts, edges=Edges(left, right, ones, ones))
    nodes = Nodes(person, known.claims_of(person), np.ones(len(key), dtype=bool))
    apart = Apart(apart_of(known.apart, person))
    label, _ = components(facts, nodes, np.arange(len(pairs)), apart, is_ordered=True)
    return label[person]


def _attach_weak(known: Records, person: Ints, reason: Ints, kinds: list[Kind], kind: Ints) -> Ints:
    """The person of each identifier, weak ones included; blocks in `reason` those of two persons."""
    facts, edges = known.facts, known.facts.edges
    weak = np.array([item.is_weak for item in kinds], dtype=bool)[kind]
    is_strong = np.zeros(len(kind), dtype=bool)
    is_strong[facts.unit[~weak]] = True  # of a unit: one of those tied together is
    is_strong = is_strong[facts.unit]
    # A person is one node, that of its label; a weak identifier is its own.
    node = np.where(is_strong, person, facts.unit)
    is_person = np.zeros(len(kind), dtype=bool)
    is_person[node[is_strong]] = True
    chosen = np.flatnonzero(known.joins == WEAK)
    left, right = edges.left[chosen], edges.right[chosen]
    kept = (reason[left] == 0) & (reason[right] == 0) & ~(is_strong[left] & is_strong[right])
    weakest = min((item.strength for item in kinds if item.is_weak), default=0)
    leads = np.array([item.strength < weakest for item in kinds], dtype=bool)[kind]
    chosen, left, right = chosen[kept], left[kept], right[kept]
    apart = apart_of(known.apart, node)
    if (is_strong[left] | is_strong[right]).all() and all(is_person[a] and is_person[b] for a, b in apart):
        # Each edge leads from a weak identifier to a person: no search, and two persons contest it.
        value = node[np.where(is_strong[left], right, left)]
        holder = node[np.where(is_strong[left], left, right)]
        label = np.arange(len(kind), dtype=np.int32)
        label[value] = holder
        contested = value[label[value] != holder]
        label[contested] = contested
        blocked = np.zeros(len(kind), dtype=bool)
        blocked[contested] = True
    else:
        nodes = Nodes(node, is_person.astype(np.int8), is_person)
        label, why = components(facts, nodes, chosen, Apart(apart), leads)
        blocked = why != 0
    reason[blocked[node] & (reason == 0)] = SHARED_DEVICE
    return label[node]


def _anchors(facts: Facts, identifiers: Identifiers, kinds: list[Kind], person: Ints, reason: Ints) -> Ints:
    """The key of each identifier's anchor: the first of its person by weak, landing, strength, time and key."""
    count = len(person)
    weak = np.array([item.is_weak for item in kinds], dtype=bool)[identifiers.kind]
    is_first = reason == 0
    for rank in _packed([weak, identifiers.landing_no, facts.strength, identifiers.first_seen]):
        rank[~is_first] = LAST
        least = np.full(count, LAST)
        np.minimum.at(least, person, rank)
        is_first &= rank == least[person]
    first = np.flatnonzero(is_first)[::-1]
    anchor_of = np.full(count, -1, dtype=np.int32)
    anchor_of[person[first]] = first  # the last written has the smallest key
    return np.where(reason == 0, identifiers.key[anchor_of[person]], -1)


def _packed(columns: list[Ints]) -> list[Ints]:
    """Integers that order as `columns` do, the first the most: one array where their ranges fit, else more."""
    packed: list[Ints] = []
    room = 0
    for column in columns:
        if not len(column):
            continue
        least = int(column.min())
        bits = (int(column.max()) - least).bit_length()
        shifted = column.astype(np.int64) - least
        if packed and bits <= room:
            packed[-1] = (packed[-1] << bits) | shifted
            room -= bits
        else:
            packed.append(shifted)
            room = 62 - bits  # below LAST, which no rank reaches
    return packed
