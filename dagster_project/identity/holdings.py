"""Which values records hold. Nearly every value is seen with one person's records only, and needs no search."""

from dataclasses import dataclass

import numpy as np

from dagster_project.identity.components import Apart, Nodes, connected, with_two
from dagster_project.identity.evidence import HELD, HOLDS, VALUES, Bools, Facts, Ints
from dagster_project.identity.walk import LIMIT


@dataclass(frozen=True)
class Holdings:
    """All edges of strong identifiers but those between records. `one`: per node a core that it is seen with, the node
    itself where there is none. Of values seen with several cores, `holder` and `value` of each edge, as nodes, and
    `edge`, its number. `others`: the numbers of all edges between other nodes than a core and a value.
    """

    one: Ints
    holder: Ints
    value: Ints
    edge: Ints
    others: Ints

    def without(self, values: Ints, facts: Facts) -> "Holdings":
        """The same where `values` are nobody's."""
        is_out = np.zeros(len(self.one), dtype=bool)
        is_out[values] = True
        one, kept = self.one.copy(), ~is_out[self.value]
        one[values] = values
        out = is_out[facts.edges.left[self.others]] | is_out[facts.edges.right[self.others]]
        return Holdings(one, self.holder[kept], self.value[kept], self.edge[kept], self.others[~out])


def holdings(facts: Facts, nodes: Nodes, joins: Ints) -> Holdings:
    """Who holds what; `nodes` are the cores, `joins` as of `classify`."""
    left, right, of = facts.edges.left, facts.edges.right, nodes.of
    forward, backward, others = (np.flatnonzero(joins == code) for code in (HOLDS, HELD, VALUES))
    edge = np.concatenate((forward, backward)) if len(backward) else forward
    holder, value = of.take(left[forward]), right[forward]
    if len(backward):
        holder = np.concatenate((holder, of[right[backward]]))
        value = np.concatenate((value, left[backward]))
    if facts.tied.any():
        # An override may have tied a value to a record.
        value = of[value]
        is_value = ~nodes.fixed[value]
        others = np.concatenate((others, edge[~is_value]))
        holder, value, edge = holder[is_value], value[is_value], edge[is_value]
    one = np.arange(len(of), dtype=np.int32)
    one[value] = holder
    is_shared = np.zeros(len(of), dtype=bool)
    is_shared[value[one.take(value) != holder]] = True
    chosen = np.flatnonzero(is_shared[value])
    return Holdings(one, holder[chosen], value[chosen], edge[chosen], others)


def plain_persons(facts: Facts, nodes: Nodes, held: Holdings, apart: Apart, leads: Bools) -> tuple[Ints, Ints, Ints]:
    """Connected components over strong identifiers, as a node per node: those that edges give, and those without the
    values that two cores led by `leads` (identifiers) hold. Third, these values' LIMIT per node, else 0.

    A walk takes the edges of `leads` before all others of a value, so it would block such a value: the second edge
    closes a path through it alone.
    """
    count, (left, right) = len(held.one), (facts.edges.left, facts.edges.right)
    blocked = np.zeros(count, dtype=np.int8)
    able = ~nodes.fixed & (nodes.claims == 0) & ~facts.tied
    able[[end for pair in apart.never for end in pair]] = False
    led = able[held.value] & (leads[left[held.edge]] | leads[right[held.edge]])
    blocked[with_two(count, held.value[led], held.holder[led])] = LIMIT
    two = np.flatnonzero(blocked)
    root = held.one.copy()
    root[two] = two
    u = np.concatenate((held.holder, root[nodes.of[left[held.others]]]))
    v = np.concatenate((root[held.value], root[nodes.of[right[held.others]]]))
    kept = (blocked[u] | blocked[v]) == 0
    label = connected(count, u[kept], v[kept]).take(root)
    whole = connected(count, label[u[~kept]], label[v[~kept]]).take(label) if len(two) else label
    return whole, label, blocked
