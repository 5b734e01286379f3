"""Connected components, with contested ones taken apart: plain ones in SciPy, contested ones by the walk."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dagster_project.identity.evidence import Bools, Facts, Ints
from dagster_project.identity.walk import Walk


def connected(count: int, u: Ints, v: Ints) -> Ints:
    """The smallest node of each node's connected component."""
    if count == 0:
        return np.empty(0, dtype=np.int64)
    graph = coo_array((np.ones(len(u), dtype=np.int8), (u, v)), (count, count))
    label = connected_components(graph, directed=False)[1]
    smallest = np.empty(count, dtype=np.int64)
    smallest[label[::-1]] = np.arange(count - 1, -1, -1)  # the last written is the smallest
    return smallest[label]


def components(
    facts: Facts,
    claims: Ints,
    fixed: Bools,
    node: Ints,
    edges: Ints,
    never: set[tuple[int, int]],
    leads: Bools,
) -> tuple[Ints, Bools]:
    """Component label per node (a node of it) and whether it is blocked; contested components walk.

    `node` maps identifiers to nodes; `edges` are the numbers of those to take; `claims` and `fixed` are per
    node. `leads`: identifiers whose edges a walk takes before all others of the value at their other end. A
    value that two of them hold is blocked at once, as the walk would: the second edge closes a path through
    it alone.
    """
    count = len(claims)
    left, right = facts.left[edges], facts.right[edges]
    u, v = node[left], node[right]
    able = ~fixed & (claims == 0) & ~facts.tied
    able[[end for pair in never for end in pair]] = False
    forward, backward = leads[left] & able[v], leads[right] & able[u]
    value = np.concatenate((v[forward], u[backward]))
    holder = np.concatenate((u[forward], v[backward]))
    one_holder = np.empty(count, dtype=np.int64)
    one_holder[value] = holder
    blocked = np.zeros(count, dtype=bool)
    blocked[value[one_holder[value] != holder]] = True
    kept = ~blocked[u] & ~blocked[v]
    edges, u, v = edges[kept], u[kept], v[kept]

    label = connected(count, u, v)
    contested = np.zeros(count, dtype=bool)
    for bit in range(int(claims.max(initial=0)).bit_length()):
        contested |= np.bincount(label[claims & (1 << bit) != 0], minlength=count) > 1
    # Never-link pairs may make a walk start over, so their components walk one by one.
    never = {(a, b) for a, b in never if label[a] == label[b]}
    alone = sorted({int(label[a]) for a, _ in never})
    contested[alone] = False
    for nodes in [np.flatnonzero(contested[label]), *(np.flatnonzero(label == one) for one in alone)]:
        local = np.full(count, -1, dtype=np.int64)
        local[nodes] = np.arange(len(nodes))
        chosen = facts.strongest_first(edges[local[u] >= 0])
        ends = local[node[facts.left[chosen]]].tolist(), local[node[facts.right[chosen]]].tolist()
        weakness = np.where(fixed[nodes], -1, facts.weakness(nodes))
        enemies: dict[int, set[int]] = {}
        for a, b in never:
            if local[a] >= 0:
                enemies.setdefault(int(local[a]), set()).add(int(local[b]))
                enemies.setdefault(int(local[b]), set()).add(int(local[a]))
        pairs = list(zip(*ends, strict=True))
        found, cut = Walk(pairs, claims[nodes].tolist(), weakness.tolist(), enemies).run()
        label[nodes] = nodes[np.array(found, dtype=np.int64)]
        blocked[nodes[np.array(cut, dtype=bool)]] = True
    return label, blocked
