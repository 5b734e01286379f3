"""What identity is decided from: identifiers, edges, the rules about kinds, and what follows from them.

Arrays only; which identifiers belong together is for `components.py` and `graph.py`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Kind:
    """A row of the rule table identity_kinds; strength 1 is strongest, exclusive means one value a person."""

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
    left: Ints
    right: Ints
    edges: Edges

    def strongest_first(self, edges: Ints) -> Ints:
        """`edges` (numbers of edges) by kinds, observations, landing and hash."""
        left, right = self.left[edges], self.right[edges]
        ends = self.strength[left], self.strength[right]
        keys = (np.maximum(left, right), np.minimum(left, right), self.edges.landing_no[edges])
        return edges[np.lexsort((*keys, -self.edges.observations[edges], np.minimum(*ends), np.maximum(*ends)))]

    def weakness(self, units: Ints) -> Ints:
        """Rank of each of `units`, the largest the weakest: by kind, then the later; -1: never blocked."""
        model = self.model[units]
        order = np.lexsort((model, self.first_seen[model], self.landing_no[model], self.strength[model]))
        weakness = np.empty(len(units), dtype=np.int64)
        weakness[order] = np.arange(len(units))
        weakness[self.fixed[units]] = -1
        return weakness


def gather_facts(
    kinds: list[Kind],
    kind: Ints,
    landing_no: Ints,
    first_seen: Ints,
    unit: Ints,
    left: Ints,
    right: Ints,
    edges: Edges,
) -> Facts:
    """The facts about identifiers in key order; `left` and `right` are the edges' ends as positions in it."""
    strength = np.array([item.strength for item in kinds], dtype=np.int64)[kind]
    fixed = ~np.array([item.is_blockable for item in kinds], dtype=bool)[kind]
    bits = np.cumsum([item.is_exclusive for item in kinds])
    bit = [1 << int(number) if item.is_exclusive else 0 for item, number in zip(kinds, bits, strict=True)]
    claims = np.array(bit, dtype=np.int64)[kind]
    model = np.arange(len(kind), dtype=np.int64)
    is_tied = np.zeros(len(kind), dtype=bool)
    for member in np.flatnonzero(unit != model):
        whole, best = unit[member], model[unit[member]]
        is_tied[whole] = True
        fixed[whole] |= fixed[member]
        claims[whole] |= claims[member]
        claims[member] = 0
        model[whole] = min(best, member, key=lambda one: (strength[one], landing_no[one], first_seen[one], one))
    return Facts(strength, landing_no, first_seen, unit, model, is_tied, fixed, claims, left, right, edges)
