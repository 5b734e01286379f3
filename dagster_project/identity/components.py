"""Connected components, with contested ones taken apart: plain ones in SciPy, contested ones by the walk."""

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dagster_project.identity.evidence import Bools, Facts, Ints, Pairs
from dagster_project.identity.walk import LIMIT, Walk


@dataclass(frozen=True)
class Nodes:
    """What the nodes of a graph are. `of`: the node of each identifier, itself an identifier. Per node:
    `claims`, a bit per exclusive kind held, and `fixed`, whether it is never blocked.
    """

    of: Ints
    claims: Ints
    fixed: Bools


@dataclass(frozen=True)
class Apart:
    """Pairs of nodes, the smaller first, that must not share a component: `never` whatever the path,
    `conflicts` where evidence speaks against it.
    """

    never: Pairs = field(default_factory=set)
    conflicts: Pairs = field(default_factory=set)


def connected(count: int, u: Ints, v: Ints, is_leaf: Bools | None = None) -> Ints:
    """A node of each node's connected component, the same for all of it, as int32; the smallest without `is_leaf`.

    `is_leaf`: nodes of which most have one neighbour, no leaf itself. Only those with several cost a search.
    """
    own = np.arange(count, dtype=np.int32)
    if len(u) == 0:
        return own
    if is_leaf is not None:
        left, right = is_leaf[u], is_leaf[v]
        forward, backward = right & ~left, left & ~right
        own[v[forward]] = u[forward]
        own[u[backward]] = v[backward]
        u, v = own.take(u), own.take(v)
        between = np.flatnonzero(u != v)
        return connected(count, u[between], v[between]).take(own) if len(between) else own
    if 4 * len(u) < count:  # few edges: most nodes have none, and need not be looked at
        is_joined = np.zeros(count, dtype=bool)
        is_joined[u] = is_joined[v] = True
        nodes = np.flatnonzero(is_joined)
        own[nodes] = np.arange(len(nodes), dtype=np.int32)
        label = connected(len(nodes), own[u], own[v])
        own[nodes] = nodes[label]
        return own
    graph = coo_array((np.ones(len(u)), (u, v)), (count, count))
    label = connected_components(graph, directed=False)[1]
    smallest = np.empty(count, dtype=np.int32)
    smallest[label[::-1]] = own[::-1]  # the last written is the smallest
    return smallest[label]


def components(
    facts: Facts, nodes: Nodes, edges: Ints, apart: Apart, leads: Bools | None = None, is_ordered: bool = False
) -> tuple[Ints, Ints]:
    """Smallest node of each node's component, and per node 0, or why it is blocked (a code of `walk`).

    `edges` are the numbers of those to take, the first first where `is_ordered`, else the strongest. `leads`:
    identifiers whose edges a walk takes before all others of the value at their other end. A value that two
    of them hold is blocked at once, as the walk would: the second edge closes a path through it alone.
    """
    count = len(nodes.claims)
    u, v = (nodes.of.take(ends[edges]) for ends in (facts.edges.left, facts.edges.right))
    blocked = np.zeros(count, dtype=np.int8)
    if leads is not None:
        blocked[_held_by_two(facts, nodes, edges, u, v, apart, leads)] = LIMIT
        if blocked.any():
            kept = (blocked[u] | blocked[v]) == 0
            u, v = u[kept], v[kept]
    label = connected(count, u, v)
    take_apart(facts, nodes, edges, apart, label, blocked, is_ordered)
    return label, blocked


def take_apart(
    facts: Facts, nodes: Nodes, edges: Ints, apart: Apart, label: Ints, blocked: Ints, is_ordered: bool = False
) -> None:
    """Walk the contested ones of the components that `label` gives, and write into `label` and `blocked` what is found.

    `edges` as in `components`. Those with an end that is blocked already do not count.
    """
    count = len(label)
    contested = np.zeros(count, dtype=bool)
    for bit in range(int(nodes.claims.max(initial=0)).bit_length()):
        claimed = label[np.flatnonzero(nodes.claims & (1 << bit))]
        if len(claimed):
            contested |= np.bincount(claimed, minlength=count) > 1
    never = {(a, b) for a, b in apart.never if label[a] == label[b]}
    conflicts = {(a, b) for a, b in apart.conflicts if label[a] == label[b]}
    contested[[label[a] for a, _ in never | conflicts]] = True
    if contested.any():
        is_inside = contested.take(label).take(nodes.of)  # of identifiers, since most edges lie elsewhere
        inside = edges[is_inside[facts.edges.left[edges]]]
        is_dead = blocked[nodes.of[facts.edges.left[inside]]] | blocked[nodes.of[facts.edges.right[inside]]]
        _walk(facts, nodes, inside[is_dead == 0], Apart(never, conflicts), is_ordered, label, blocked, contested)


def _held_by_two(facts: Facts, nodes: Nodes, edges: Ints, u: Ints, v: Ints, apart: Apart, leads: Bools) -> Ints:
    """The values whose edges lead to two different nodes that may not be one person."""
    able = ~nodes.fixed & (nodes.claims == 0) & ~facts.tied
    able[[end for pair in apart.never for end in pair]] = False
    forward = leads[facts.edges.left[edges]] & able[v]
    backward = leads[facts.edges.right[edges]] & able[u]
    return with_two(len(able), np.concatenate((v[forward], u[backward])), np.concatenate((u[forward], v[backward])))


def with_two(count: int, value: Ints, holder: Ints) -> Ints:
    """Those of `value`, nodes, that stand beside two different of `holder`."""
    one = np.empty(count, dtype=np.int32)
    one[value] = holder
    return value[one[value] != holder]


def _walk(
    facts: Facts,
    nodes: Nodes,
    edges: Ints,
    apart: Apart,
    is_ordered: bool,
    label: Ints,
    blocked: Ints,
    contested: Bools,
) -> None:
    """Take the contested components apart, in place.

    Components with never-link pairs walk one by one, since such a walk may start over; all others in one.
    """
    count = len(label)
    inside = np.flatnonzero(contested[label])
    # Those to walk alone stand last, each in one stretch, so that no component costs more than its own size.
    alone = np.zeros(count, dtype=bool)
    alone[[label[a] for a, _ in apart.never]] = True
    group = np.where(alone[label[inside]], label[inside], -1)
    order = np.argsort(group, kind="stable")
    inside, group = inside[order], group[order]
    local = np.full(count, -1, dtype=np.int32)
    local[inside] = np.arange(len(inside))
    if not is_ordered:
        edges = facts.strongest_first(edges)
    left, right = local[nodes.of[facts.edges.left[edges]]], local[nodes.of[facts.edges.right[edges]]]
    edge_group = group[left]
    order = np.argsort(edge_group, kind="stable")
    left, right, edge_group = left[order], right[order], edge_group[order]
    weakness = np.where(nodes.fixed[inside], -1, facts.weakness(inside))
    never, conflicts = _enemies(apart.never, local), _enemies(apart.conflicts, local)
    for one in np.unique(group).tolist():
        first, end = np.searchsorted(group, [one, one + 1]).tolist()
        start, stop = np.searchsorted(edge_group, [one, one + 1]).tolist()
        here = inside[first:end]
        found, cut = Walk(
            list(zip((left[start:stop] - first).tolist(), (right[start:stop] - first).tolist(), strict=True)),
            nodes.claims[here].tolist(),
            weakness[first:end].tolist(),
            {
                node - first: {other - first for other in others}
                for node, others in never.items()
                if first <= node < end
            },
            {
                node - first: {other - first for other in others}
                for node, others in conflicts.items()
                if first <= node < end
            },
        ).run()
        blocked[here] = cut
        part = np.array(found, dtype=np.int64)
        smallest = np.full(len(here), count, dtype=np.int64)
        np.minimum.at(smallest, part, here)
        label[here] = smallest[part]


def _enemies(pairs: Pairs, local: Ints) -> dict[int, set[int]]:
    """Node -> the nodes it must be kept apart from, by local number."""
    enemies: dict[int, set[int]] = {}
    for a, b in pairs:
        enemies.setdefault(int(local[a]), set()).add(int(local[b]))
        enemies.setdefault(int(local[b]), set()).add(int(local[a]))
    return enemies
