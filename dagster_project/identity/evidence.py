"""What identity is decided from: identifiers, edges, the rules about kinds, and what follows from them.

Arrays only; which identifiers belong together is for `components.py` and `graph.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.signedinteger[Any]]
Bools = npt.NDArray[np.bool_]
Pairs = set[tuple[int, int]]

# What an edge joins, by its ends: nothing (an end is nobody's), two records, a record to the left with a value, a value
# with a record to the right, two values, or a weak identifier with anything.
DEAD, RECORDS, HOLDS, HELD, VALUES, WEAK = range(6)


@dataclass(frozen=True)
class Kind:
    """A row of the rule table identity_kinds; strength 1 is strongest, exclusive means one value a person.

    A kind that is never blocked, member_id and card_no, names a *record*: what a shop keeps about one person.
    `records_per_value`: how many of them may be seen with one value of this kind; None for any number.
    """

    name: str
    strength: int
    is_weak: bool
    is_exclusive: bool
    is_blockable: bool
    records_per_value: int | None = None


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
    """One element or several per pair of identifiers, in any order and direction; several count as one, seen as often
    as all together. `left`, `right`: identifier keys, or positions among identifiers in key order where a function
    says so.
    """

    left: Ints
    right: Ints
    observations: Ints
    landing_no: Ints


@dataclass(frozen=True)
class Pairings:
    """What is known of pairs of identifiers besides edges, by key: `never` and `always` by overrides, `conflicts` of
    records that contradict each other, `likely` pairs of records with the weight of their match.
    """

    never: Sequence[tuple[int, int]] = ()
    always: Sequence[tuple[int, int]] = ()
    conflicts: Sequence[tuple[int, int]] = ()
    likely: Sequence[tuple[int, int, float]] = ()


@dataclass(frozen=True)
class Facts:
    """Identifiers in key order, edges as positions in it: what orders both, and what limits persons.

    `unit`: the identifier that stands for those tied together by overrides, else itself. `model`: the
    strongest of them, whose strength and age speak for the unit. `tied`: stands for several. `fixed`: never
    blocked. `claims`: a bit per exclusive kind held.
    """

    strength: Ints
    landing_no: Ints
    first_seen: Ints
    unit: Ints
    model: Ints
    tied: Bools
    fixed: Bools
    claims: Ints
    edges: Edges

    def strongest_first(self, edges: Ints) -> Ints:
        """`edges` (numbers of edges), one of each pair, by kinds, observations, landing and hash."""
        left, right = self.edges.left[edges], self.edges.right[edges]
        low, high = np.minimum(left, right), np.maximum(left, right)
        number = low.astype(np.int64) * len(self.strength) + high
        _, first, pair = np.unique(number, return_index=True, return_inverse=True)
        observations = np.zeros(len(first), dtype=np.int64)
        np.add.at(observations, pair, self.edges.observations[edges])
        landing_no = np.full(len(first), np.iinfo(np.int64).max)
        np.minimum.at(landing_no, pair, self.edges.landing_no[edges])
        low, high = low[first], high[first]
        ends = self.strength[low], self.strength[high]
        order = np.lexsort((high, low, landing_no, -observations, np.minimum(*ends), np.maximum(*ends)))
        return edges[first[order]]

    def weakness(self, units: Ints) -> Ints:
        """Rank of each of `units`, the largest the weakest: by kind, then the later; -1: never blocked."""
        model = self.model[units]
        order = np.lexsort((model, self.first_seen[model], self.landing_no[model], self.strength[model]))
        weakness = np.empty(len(units), dtype=np.int64)
        weakness[order] = np.arange(len(units))
        weakness[self.fixed[units]] = -1
        return weakness


def gather_facts(kinds: list[Kind], identifiers: Identifiers, unit: Ints, edges: Edges) -> Facts:
    """The facts about identifiers in key order; `edges` hold positions in it."""
    kind, landing_no, first_seen = identifiers.kind, identifiers.landing_no, identifiers.first_seen
    strength = np.array([item.strength for item in kinds], dtype=np.int8)[kind]
    fixed = ~np.array([item.is_blockable for item in kinds], dtype=bool)[kind]
    bits = np.cumsum([item.is_exclusive for item in kinds])
    bit = [1 << int(number) if item.is_exclusive else 0 for item, number in zip(kinds, bits, strict=True)]
    claims = np.array(bit, dtype=np.int16)[kind]
    model = np.arange(len(kind), dtype=np.int32)
    is_tied = np.zeros(len(kind), dtype=bool)
    for member in np.flatnonzero(unit != model):
        whole, best = unit[member], model[unit[member]]
        is_tied[whole] = True
        fixed[whole] |= fixed[member]
        claims[whole] |= claims[member]
        claims[member] = 0
        model[whole] = min(best, member, key=lambda one: (strength[one], landing_no[one], first_seen[one], one))
    return Facts(strength, landing_no, first_seen, unit, model, is_tied, fixed, claims, edges)


def classify(kinds: list[Kind], kind: Ints, is_nobodys: Bools, edges: Edges) -> npt.NDArray[np.int8]:
    """What each edge joins, DEAD to WEAK."""
    count = len(kinds)
    table = np.full((count + 1, count + 1), DEAD, dtype=np.int8)
    by_record = {(True, True): RECORDS, (True, False): HOLDS, (False, True): HELD, (False, False): VALUES}
    for i, one in enumerate(kinds):
        for j, other in enumerate(kinds):
            is_weak = one.is_weak or other.is_weak
            table[i, j] = WEAK if is_weak else by_record[not one.is_blockable, not other.is_blockable]
    code = kind.astype(np.int8)
    if is_nobodys.any():
        code[is_nobodys] = count
    return table.ravel()[code[edges.left] * np.int8(count + 1) + code[edges.right]]
