"""Who is one person: identifiers and edges in, the anchor of each identifier's person out.

Pure functions over NumPy arrays, without database or clock. Tables are read and written by `assign.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dagster_project.identity.components import Apart, Nodes, components, take_apart
from dagster_project.identity.evidence import (
    HOLDS,
    VALUES,
    WEAK,
    Edges,
    Facts,
    Identifiers,
    Ints,
    Kind,
    Pairings,
)
from dagster_project.identity.holdings import plain_persons
from dagster_project.identity.records import Records, records
from dagster_project.identity.sorting import apart_of, in_key_order, positions_of
from dagster_project.identity.walk import CONFLICT, LIMIT

# Codes in Resolution.reason. Shared: it joined two persons; shared device: the same of a weak identifier.
REASONS = ("", "blocklisted", "shared_value", "shared_device", "too_many_records", "conflicting_records")
LAST = np.iinfo(np.int64).max
BLOCKLISTED, SHARED_VALUE, SHARED_DEVICE, TOO_MANY_RECORDS, CONFLICTING_RECORDS = range(1, 6)


@dataclass(frozen=True)
class Resolution:
    """Per identifier, as given: the key of its person's anchor, -1 where blocked; an index into REASONS. `whole`: the
    node of its component by edges of strong identifiers alone, before any is blocked but what too many records hold.
    """

    anchor: Ints
    reason: npt.NDArray[np.int8]
    whole: Ints


def resolve(identifiers: Identifiers, edges: Edges, kinds: list[Kind], known: Pairings) -> Resolution:
    """Assign each identifier to a person, named by its anchor, or block it.

    Strong identifiers first, with `always` pairs taken as one identifier: records (kinds that are never
    blocked) that an edge joins directly, then values, without those that too many records hold; then `likely`
    pairs; then weak identifiers against the persons found. Blocked values neither link nor belong to anybody.
    An edge is left out, and no identifier blocked, where its path has only identifiers that may not be
    blocked: a card seen with two members stays with the member of the stronger edge. `conflicts`: pairs of
    records that no value may join, but an edge between records may. `likely`: pairs of records with the weight
    of the match, taken heaviest first, left out where a limit or `never` forbids; conflicts do not, since the
    weight counts what speaks against it. Pairs with unknown keys are passed over. The result does not depend on
    the order of identifiers, edges or pairs. Raises ValueError where an edge names an unknown key.
    """
    order, identifiers, edges = in_key_order(identifiers, edges)
    found = resolve_records(identifiers, records(identifiers, edges, kinds, known), kinds, known)
    if order is None:
        return found
    back = np.argsort(order)
    return Resolution(found.anchor[back], found.reason[back], order[found.whole[back]])


def resolve_records(identifiers: Identifiers, given: Records, kinds: list[Kind], known: Pairings) -> Resolution:
    """`resolve` from the records on; `identifiers` are in key order."""
    key, kind, facts, core = identifiers.key, identifiers.kind, given.facts, given.nodes
    reason = identifiers.is_blocklisted.astype(np.int8) * np.int8(BLOCKLISTED)
    reason[given.too_many] = TOO_MANY_RECORDS

    apart = Apart(apart_of(given.apart, core.of), apart_of(positions_of(key, known.conflicts, reason != 0), core.of))
    leads = np.array([_leads(item, kinds) for item in kinds], dtype=bool)[kind]
    whole, label, blocked = plain_persons(facts, core, given.held, apart, leads)
    whole = whole.take(core.of)
    strong = np.flatnonzero((given.joins >= HOLDS) & (given.joins <= VALUES))
    take_apart(facts, core, strong, apart, label, blocked)
    if blocked.any():
        # What is nobody's already has no edge left, and so cannot be blocked again.
        why = blocked[core.of]
        reason[why == LIMIT] = SHARED_VALUE
        reason[why == CONFLICT] = CONFLICTING_RECORDS
    person = label.take(core.of)
    if known.likely:
        person = _join_likely(key, given, person, reason, known.likely)
    person = _attach_weak(given, person, reason, kinds, kind)
    return Resolution(_anchors(facts, identifiers, kinds, person, reason), reason, whole)


def _leads(kind: Kind, kinds: list[Kind]) -> bool:
    """Whether a walk takes edges of `kind` first, and a value that two of it hold is sure to be contested."""
    rivals = [item for item in kinds if item is not kind and item.strength <= kind.strength]
    return kind.is_exclusive and not kind.is_blockable and not rivals


def _join_likely(
    key: Ints, given: Records, person: Ints, reason: Ints, likely: Sequence[tuple[int, int, float]]
) -> Ints:
    """The person of each identifier after likely pairs, of which those are left out that may not be."""
    ordered = sorted((-weight, min(a, b), max(a, b)) for a, b, weight in likely)
    pairs = positions_of(key, [(a, b) for _, a, b in ordered], reason != 0)
    pairs = [(a, b) for a, b in pairs if person[a] != person[b]]
    if not pairs:
        return person
    left, right = np.array(pairs, dtype=np.int32).T
    ones = np.ones(len(pairs), dtype=np.int64)
    facts = replace(given.facts, edges=Edges(left, right, ones, ones))
    nodes = Nodes(person, given.claims_of(person), np.ones(len(key), dtype=bool))
    apart = Apart(apart_of(given.apart, person))
    label, _ = components(facts, nodes, np.arange(len(pairs)), apart, is_ordered=True)
    return label[person]


def _attach_weak(given: Records, person: Ints, reason: Ints, kinds: list[Kind], kind: Ints) -> Ints:
    """The person of each identifier, weak ones included; blocks in `reason` those of two persons.

    A person is one node, that of its label; a weak identifier is its own until then.
    """
    facts, (left, right) = given.facts, (given.facts.edges.left, given.facts.edges.right)
    count = len(kind)
    is_strong = ~np.array([item.is_weak for item in kinds], dtype=bool)[kind]
    if facts.tied.any():
        # Of a unit: one of those tied together is.
        strong = np.zeros(count, dtype=bool)
        strong[facts.unit[is_strong]] = True
        is_strong = strong[facts.unit]
    weak = np.flatnonzero(~is_strong)
    chosen = np.flatnonzero(given.joins == WEAK)
    chosen = chosen[(reason[left[chosen]] == 0) & (reason[right[chosen]] == 0)]
    forward, backward = is_strong[left[chosen]], is_strong[right[chosen]]
    is_person = np.zeros(count, dtype=bool)
    is_person[person[is_strong]] = True
    apart = apart_of(given.apart, person)
    if (forward | backward).all() and all(is_person[a] and is_person[b] for a, b in apart):
        # Each edge leads from a weak identifier to a person: no search, and two persons contest it.
        forward, backward = chosen[forward & ~backward], chosen[backward & ~forward]
        value = person[np.concatenate((right[forward], left[backward]))]
        holder = person[np.concatenate((left[forward], right[backward]))]
        label = np.arange(count, dtype=np.int32)
        label[value] = holder
        contested = value[label[value] != holder]
        label[contested] = contested
        attached = person.copy()
        attached[weak] = label[person[weak]]
        is_blocked = np.zeros(count, dtype=bool)
        is_blocked[contested] = True
    else:
        weakest = min((item.strength for item in kinds if item.is_weak), default=0)
        leads = np.array([item.strength < weakest for item in kinds], dtype=bool)[kind]
        nodes = Nodes(person, is_person.astype(np.int8), is_person)
        label, why = components(facts, nodes, chosen[~(forward & backward)], Apart(apart), leads)
        attached, is_blocked = label[person], why != 0
    reason[weak] = np.where(is_blocked[person[weak]] & (reason[weak] == 0), SHARED_DEVICE, reason[weak])
    return attached


def _anchors(facts: Facts, identifiers: Identifiers, kinds: list[Kind], person: Ints, reason: Ints) -> Ints:
    """The key of each identifier's anchor: the first of its person by weak, landing, strength, time and key."""
    count = len(person)
    weak = np.array([item.is_weak for item in kinds], dtype=bool)[identifiers.kind]
    is_first = reason == 0
    for rank in _packed([weak, identifiers.landing_no, facts.strength, identifiers.first_seen]):
        rank[~is_first] = LAST
        least = np.full(count, LAST)
        np.minimum.at(least, person, rank)
        is_first &= rank == least.take(person)
    first = np.flatnonzero(is_first)[::-1]
    anchor_of = np.full(count, -1, dtype=np.int64)
    anchor_of[person[first]] = identifiers.key[first]  # the last written is the smallest
    anchor = anchor_of.take(person)
    anchor[reason != 0] = -1
    return anchor


def _packed(columns: list[Ints]) -> list[Ints]:
    """Integers that order as `columns` do, the first the most: one array where their ranges fit, else more."""
    packed: list[Ints] = []
    room = 0
    for column in columns:
        if not len(column):
            continue
        least = int(column.min())
        bits = (int(column.max()) - least).bit_length()
        if packed and bits <= room:
            packed[-1] <<= bits
            packed[-1] += column
            packed[-1] -= least
            room -= bits
        else:
            packed.append(column.astype(np.int64) - least)
            room = 62 - bits  # below LAST, which no rank reaches
    return packed
