"""The walk over contested components: which identifiers must be blocked so that no person breaks a limit.

Pure Python over small integers; `graph.py` hands it contested components only. Kruskal's order makes the path
that an edge would close unique, so the outcome depends on the evidence alone and never on the order in which
it came.
"""

from collections.abc import Mapping, Sequence

# Why the walk blocked an identifier: it joined what a limit or somebody keeps apart, or records in conflict.
LIMIT, CONFLICT = 1, 2


class Walk:
    """Takes edges strongest first and keeps each component within its limits.

    An edge is refused where it would put two values of one exclusive kind, two identifiers that must never be
    linked, or two records that contradict each other, into one component. The weakest identifier on the path that
    it would close is then blocked and the walk starts again without it. Starting again needs a replay of that
    identifier's own component only: edges before the refused one were all accepted, dropping an identifier cannot
    join anything, and other components do not contain it. Where nothing on the path may be blocked, the edge itself
    is left out; such a path has only identifiers that stay, so it stays refused. (The ends of a never-link pair may
    be blocked for another reason; then all is walked again.)
    """

    def __init__(
        self,
        edges: Sequence[tuple[int, int]],
        claims: Sequence[int],
        weakness: Sequence[int],
        never: Mapping[int, set[int]],
        conflicts: Mapping[int, set[int]],
    ):
        """`edges`: node pairs, strongest first. Per node: `claims`, a bit per exclusive kind that it holds;
        `weakness`, larger is weaker, -1 where it is never blocked. `never`, `conflicts`: node -> nodes it must
        not be linked to, both ways; those in conflict are never blocked themselves.
        """
        self.edges, self.claims, self.weakness = edges, claims, weakness
        self.never, self.conflicts = never, conflicts
        self.incident: list[list[int]] = [[] for _ in claims]
        for index, (left, right) in enumerate(edges):
            self.incident[left].append(index)
            self.incident[right].append(index)
        self.blocked = [0] * len(claims)
        self._reset(range(len(claims)), fresh=True)

    def run(self) -> tuple[list[int], list[int]]:
        """Component label per node (labels are node numbers), and 0, LIMIT or CONFLICT where it is blocked."""
        index = 0
        while index < len(self.edges):
            left, right = self.edges[index]
            if self.blocked[left] or self.blocked[right] or self.component[left] == self.component[right]:
                index += 1
                continue
            found = self._conflict(left, right)
            if found is None:
                self._join(left, right)
                index += 1
                continue
            ends, why = found
            path = self._path(ends[0], left) + self._path(right, ends[1])
            protected = ends if ends[1] in self.never.get(ends[0], ()) else ()
            candidates = [node for node in path if self.weakness[node] >= 0 and node not in protected]
            if not candidates:
                index += 1
                continue
            weakest = max(candidates, key=self.weakness.__getitem__)
            self.blocked[weakest] = why
            if weakest in self.never:
                self._reset(range(len(self.claims)), fresh=True)
                index = 0
            else:
                self._replay(weakest, index)
        return self.component, self.blocked

    def _reset(self, nodes: Sequence[int], fresh: bool = False) -> None:
        """Make each of `nodes` a component of its own."""
        if fresh:
            count = len(self.claims)
            self.component, self.held = list(range(count)), list(self.claims)
            self.nodes: list[list[int]] = [[node] for node in range(count)]
            self.tree: list[list[int]] = [[] for _ in range(count)]
            return
        for node in nodes:
            self.component[node], self.held[node] = node, self.claims[node]
            self.nodes[node], self.tree[node] = [node], []

    def _join(self, left: int, right: int) -> None:
        """Unite the components of `left` and `right`; the smaller takes the label of the larger."""
        keep, lose = self.component[left], self.component[right]
        if len(self.nodes[keep]) < len(self.nodes[lose]):
            keep, lose = lose, keep
        for node in self.nodes[lose]:
            self.component[node] = keep
        self.nodes[keep].extend(self.nodes[lose])
        self.nodes[lose] = []
        self.held[keep] |= self.held[lose]
        self.tree[left].append(right)
        self.tree[right].append(left)

    def _conflict(self, left: int, right: int) -> tuple[tuple[int, int], int] | None:
        """The two identifiers, one of either side, that may not be in one person, and why; None where all may."""
        ours, theirs = self.component[left], self.component[right]
        shared = self.held[ours] & self.held[theirs]
        if shared:
            bit = shared & -shared
            first = next(node for node in self.nodes[ours] if self.claims[node] & bit)
            return (first, next(node for node in self.nodes[theirs] if self.claims[node] & bit)), LIMIT
        for enemies, why in ((self.never, LIMIT), (self.conflicts, CONFLICT)):
            pair = self._enemies(ours, theirs, enemies) if enemies else None
            if pair is not None:
                return pair, why
        return None

    def _enemies(self, ours: int, theirs: int, enemies: Mapping[int, set[int]]) -> tuple[int, int] | None:
        """The first pair of `enemies`, one in either component, ours first."""
        turned = len(self.nodes[ours]) > len(self.nodes[theirs])
        few, many = (theirs, ours) if turned else (ours, theirs)
        pairs = [
            (node, other)
            for node in self.nodes[few]
            for other in enemies.get(node, ())
            if self.component[other] == many and not self.blocked[other]
        ]
        if not pairs:
            return None
        one, other = min(pairs, key=lambda pair: (min(pair), max(pair)))
        return (other, one) if turned else (one, other)

    def _path(self, start: int, end: int) -> list[int]:
        """The nodes of the tree path from `start` to `end`, both included."""
        before, stack = {start: start}, [start]
        while end not in before:
            node = stack.pop()
            for neighbour in self.tree[node]:
                if neighbour not in before:
                    before[neighbour] = node
                    stack.append(neighbour)
        path = [end]
        while path[-1] != start:
            path.append(before[path[-1]])
        return path[::-1]

    def _replay(self, blocked: int, until: int) -> None:
        """Take the component of `blocked` apart and walk its edges before number `until` again without it."""
        nodes = self.nodes[self.component[blocked]]
        inside = set(nodes)
        self._reset(nodes)
        inside.discard(blocked)
        again = {index for node in inside for index in self.incident[node] if index < until}
        for index in sorted(again):
            left, right = self.edges[index]
            if left in inside and right in inside and self.component[left] != self.component[right]:
                self._join(left, right)
