"""Before contact values speak: which records are one anyway, and which values too many of them hold.

A record is an identifier that is never blocked, a member_id or card_no. Records that an edge joins directly, or that
an override ties together, are a *core*: one person whatever else is known.
"""

from dataclasses import dataclass

import numpy as np

from dagster_project.identity.components import Apart, Nodes, components, connected
from dagster_project.identity.evidence import (
    DEAD,
    RECORDS,
    Edges,
    Facts,
    Identifiers,
    Ints,
    Kind,
    Pairings,
    Pairs,
    classify,
    gather_facts,
)
from dagster_project.identity.holdings import Holdings, holdings
from dagster_project.identity.sorting import apart_of, positions_of


@dataclass(frozen=True)
class Records:
    """`nodes`: the cores, a value or a weak identifier being its own. `joins`: what each edge joins. `held`: the values
    that cores hold. `apart`: units that must never be linked. `too_many`: the identifiers that too many cores hold;
    their edges are dead.
    """

    facts: Facts
    nodes: Nodes
    joins: Ints
    held: Holdings
    apart: Pairs
    too_many: Ints

    def claims_of(self, node: Ints) -> Ints:
        """The claims of the nodes that identifiers belong to, each the union of theirs."""
        return _united(self.facts.claims, self.facts.unit, node)


def records(identifiers: Identifiers, edges: Edges, kinds: list[Kind], known: Pairings) -> Records:
    """Cores and limits, by the overrides of `known`. Identifiers in key order, edges between positions."""
    key, kind, nobodys = identifiers.key, identifiers.kind, identifiers.is_blocklisted
    count = len(key)
    tied = positions_of(key, known.always, nobodys)
    unit = connected(count, *np.array(tied, dtype=np.int32).T) if tied else np.arange(count, dtype=np.int32)
    facts = gather_facts(kinds, identifiers, unit, edges)
    apart = apart_of(positions_of(key, known.never, nobodys), unit)
    joins = classify(kinds, kind, nobodys, edges)
    if tied or apart:
        u, v = unit[edges.left], unit[edges.right]
        joins[u == v] = DEAD
        numbers = [a * count + b for a, b in apart]
        joins[np.isin(np.minimum(u, v).astype(np.int64) * count + np.maximum(u, v), numbers)] = DEAD

    label, _ = components(facts, Nodes(unit, facts.claims, facts.fixed), np.flatnonzero(joins == RECORDS), Apart(apart))
    core = label[unit] if tied else label
    nodes = Nodes(core, _united(facts.claims, unit, core), facts.fixed)
    held = holdings(facts, nodes, joins)
    too_many = _too_many(kinds, kind, facts, held)
    if len(too_many):
        is_too_many = np.zeros(count, dtype=bool)
        is_too_many[too_many] = True
        joins[is_too_many[edges.left] | is_too_many[edges.right]] = DEAD
        held = held.without(too_many, facts)
    return Records(facts, nodes, joins, held, apart, too_many)


def _united(claims: Ints, unit: Ints, node: Ints) -> Ints:
    """Per node the claims of the units in it. `claims` is per unit; each bit is set by itself, since one write wins."""
    united = np.zeros_like(claims)
    for bit in range(int(claims.max(initial=0)).bit_length()):
        held = np.flatnonzero(claims & (1 << bit))
        united[node[held]] |= 1 << bit
    return united


def _too_many(kinds: list[Kind], kind: Ints, facts: Facts, held: Holdings) -> Ints:
    """The values that are seen directly with records of more cores than their kind allows, which is one at least.

    A value that an override ties to something is let be: somebody has looked at it.
    """
    unlimited = np.iinfo(np.int32).max
    limit = np.array([item.records_per_value or unlimited for item in kinds], dtype=np.int32)
    free = ~facts.tied[held.value]
    distinct = np.unique(held.value[free].astype(np.int64) * len(kind) + held.holder[free]) // max(len(kind), 1)
    values, cores = np.unique(distinct, return_counts=True)
    return values[cores > limit[kind[values]]]
