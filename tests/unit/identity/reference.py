"""Identity resolution as `architecture.md` words it, literally: start again after every block.

Slow and plain on purpose; the tests hold the fast one against it. Identifiers are dicts by key.
"""

import networkx as nx
from graphs import Graph, kinds


def _walk(edges, clash, weakness, nodes):
    """Forest and {blocked node: why} of `edges`, strongest first. `clash`(ours, theirs, edge): the two nodes that may
    not be one person, why, and those that stay whatever happens; None where all may.
    """
    blocked = {}
    while True:
        forest = nx.Graph()
        forest.add_nodes_from(node for node in nodes if node not in blocked)
        newly = None
        for a, b in edges:
            if a in blocked or b in blocked or nx.has_path(forest, a, b):
                continue
            found = clash(nx.node_connected_component(forest, a), nx.node_connected_component(forest, b), (a, b))
            if found is None:
                forest.add_edge(a, b)
                continue
            (one, other), why, protected = found
            path = nx.shortest_path(forest, one, a) + nx.shortest_path(forest, b, other)
            able = [node for node in path if weakness(node) is not None and node not in protected]
            if able:
                newly = max(able, key=weakness)
                blocked[newly] = why
                break
        if newly is None:
            return forest, blocked


class Reference:
    """Nodes are units: identifiers that an override ties together, named by the smallest."""

    def __init__(self, graph: Graph):
        self.graph, self.rows, self.kinds = graph, graph.identifiers, kinds(graph.limit)
        self.reason = {key: "blocklisted" if row["blocklisted"] else "" for key, row in self.rows.items()}
        tie = nx.Graph()
        tie.add_nodes_from(self.rows)
        tie.add_edges_from(self._live(graph.always))
        self.unit = {node: min(part) for part in nx.connected_components(tie) for node in part}
        self.members = {u: [n for n in self.unit if self.unit[n] == u] for u in set(self.unit.values())}
        self.never = {frozenset((self.unit[a], self.unit[b])) for a, b in self._live(graph.never)}
        self.never = {pair for pair in self.never if len(pair) == 2}
        self.core = {}

    def _live(self, pairs):
        return [p for p in pairs if all(k in self.rows and not self.reason[k] for k in p[:2])]

    def kind(self, node):
        return self.kinds[self.rows[node]["kind"]]

    def is_record(self, node):
        return not self.kind(node).is_blockable

    def rank(self, node):
        row = self.rows[node]
        return (self.kind(node).strength, row["landing_no"], row["first_seen"], node)

    def weakness(self, unit):
        members = self.members[unit]
        return None if any(self.is_record(n) for n in members) else min(self.rank(n) for n in members)

    def usable(self):
        """Edges between identifiers that are not blocked, strongest first, as the ends' keys."""

        def order(edge):
            strengths = sorted((self.kind(edge["left"]).strength, self.kind(edge["right"]).strength), reverse=True)
            return (*strengths, -edge["observations"], edge["landing_no"], *sorted((edge["left"], edge["right"])))

        ends = [(e["left"], e["right"]) for e in sorted(self.graph.edges, key=order)]
        return [(a, b) for a, b in self._live(ends) if frozenset((self.unit[a], self.unit[b])) not in self.never]

    def held(self, units):
        return {self.kind(n).name for u in units for n in self.members[u] if self.kind(n).is_exclusive}

    def clash(self, ours, theirs, edge, conflicts=frozenset()):
        """The first pair that keeps two components apart: by a limit, an override, or what records say."""
        shared = self.held(ours) & self.held(theirs)
        if shared:
            ends = [next(u for u in part if self.held([u]) & {min(shared)}) for part in (ours, theirs)]
            return ends, "shared_value", ()
        for pairs, why in ((self.never, "shared_value"), (conflicts, "conflicting_records")):
            found = [(a, b) for a in ours for b in theirs if frozenset((a, b)) in pairs]
            if found:
                ends = min(found, key=lambda ab: sorted(self.core.get(u, u) for u in ab))
                return ends, why, ends if pairs is self.never else ()
        return None

    def resolve(self):
        """key -> anchor key or None, and key -> reason."""
        records = [(self.unit[a], self.unit[b]) for a, b in self.usable() if self.is_record(a) and self.is_record(b)]
        forest, _ = _walk(records, self.clash, self.weakness, self.members)
        self.core = {u: min(part) for part in nx.connected_components(forest) for u in part}
        usable = self.usable()
        too_many = [node for node in self.rows if self._is_of_too_many(node, usable)]
        self.reason.update(dict.fromkeys(too_many, "too_many_records"))
        self._strong()
        self._likely()
        self._weak()
        anchors = dict.fromkeys(self.rows)
        for part in nx.connected_components(self.persons):
            inside = [n for n in self.rows if not self.reason[n] and self.node_of[n] in part]
            if inside:
                anchors.update(dict.fromkeys(inside, min(inside, key=self._age)))
        return anchors, self.reason

    def _age(self, node):
        kind, row = self.kind(node), self.rows[node]
        return (kind.is_weak, row["landing_no"], kind.strength, row["first_seen"], node)

    def _is_of_too_many(self, node, usable):
        limit = self.kind(node).records_per_value
        if limit is None or self.reason[node] or len(self.members[self.unit[node]]) > 1:
            return False
        around = {b if a == node else a for a, b in usable if node in (a, b)}
        return len({self.core[self.unit[n]] for n in around if self.is_record(n)}) > limit

    def _strong(self):
        conflicts = {
            frozenset((a, b)) for one, other in self._live(self.graph.conflicts) for a, b in self._cores(one, other)
        }
        edges = [
            (self.unit[a], self.unit[b])
            for a, b in self.usable()
            if not self.kind(a).is_weak and not self.kind(b).is_weak
        ]

        def clash(ours, theirs, edge):
            return self.clash(ours, theirs, edge, conflicts)

        self.persons, blocked = _walk(edges, clash, self.weakness, self.members)
        for node in self.rows:
            self.reason[node] = self.reason[node] or blocked.get(self.unit[node], "")

    def _cores(self, one, other):
        """A conflict between two records is one between all units of their cores, unless they are one core."""
        left, right = self.core[self.unit[one]], self.core[self.unit[other]]
        if left == right:
            return []
        return [(a, b) for a in self.core for b in self.core if self.core[a] == left and self.core[b] == right]

    def _likely(self):
        for _, a, b in sorted((-weight, min(a, b), max(a, b)) for a, b, weight in self._live(self.graph.likely)):
            ends = self.unit[a], self.unit[b]
            parts = [nx.node_connected_component(self.persons, end) for end in ends]
            if parts[0] != parts[1] and self.clash(*parts, ends) is None:
                self.persons.add_edge(*ends)

    def _weak(self):
        strong_units = {u for u, ns in self.members.items() if any(not self.kind(n).is_weak for n in ns)}
        person = {
            u: ("person", min(part))
            for part in nx.connected_components(self.persons)
            for u in part
            if u in strong_units
        }
        self.node_of = {n: person.get(self.unit[n], ("weak", self.unit[n])) for n in self.rows if not self.reason[n]}
        nodes = set(self.node_of.values())
        edges = [
            (self.node_of[a], self.node_of[b])
            for a, b in self.usable()
            if (self.kind(a).is_weak or self.kind(b).is_weak)
            and not (self.unit[a] in strong_units and self.unit[b] in strong_units)
        ]
        far = {
            frozenset((self.node_of[a], self.node_of[b]))
            for a, b in map(tuple, self.never)
            if a in self.node_of and b in self.node_of and self.node_of[a] != self.node_of[b]
        }

        def clash(ours, theirs, _edge):
            two = [next((n for n in part if n[0] == "person"), None) for part in (ours, theirs)]
            if None not in two:
                return two, "shared_device", ()
            pairs = [(a, b) for a in ours for b in theirs if frozenset((a, b)) in far]
            ends = min(pairs, key=lambda pair: sorted(n[1] for n in pair)) if pairs else None
            return (ends, "shared_device", ends) if ends else None

        def weakness(node):
            return None if node[0] == "person" else self.weakness(node[1])

        self.persons, blocked = _walk([(a, b) for a, b in edges if a != b], clash, weakness, nodes)
        for n, node in self.node_of.items():
            self.reason[n] = self.reason[n] or blocked.get(node, "")


def resolve(graph: Graph):
    """key -> anchor key or None, and key -> reason."""
    return Reference(graph).resolve()


def used(anchors: dict, graph: Graph) -> list[tuple[int, int]]:
    """The edges, overrides and likely pairs whose ends are one person."""
    pairs = [*((e["left"], e["right"]) for e in graph.edges), *graph.always, *((a, b) for a, b, _ in graph.likely)]
    return [(a, b) for a, b in pairs if anchors[a] is not None and anchors[a] == anchors[b]]
