"""Identity resolution as `architecture.md` words it, literally: start again after every block.

Slow and plain on purpose; the tests hold the fast one against it. Identifiers are dicts by key.
"""

import networkx as nx

from dagster_project.identity.evidence import Kind


def _walk(edges, persons, never, weakness):
    """`edges` strongest first; `persons`: node -> the exclusive kinds it holds. Returns (forest, blocked)."""
    blocked = set()
    while True:
        forest = nx.Graph()
        forest.add_nodes_from(node for node in persons if node not in blocked)
        newly = None
        for a, b in edges:
            if a in blocked or b in blocked or nx.has_path(forest, a, b):
                continue
            ours, theirs = nx.node_connected_component(forest, a), nx.node_connected_component(forest, b)
            clash = _clash(ours, theirs, persons, never)
            if clash is None:
                forest.add_edge(a, b)
                continue
            path = nx.shortest_path(forest, clash[0], a) + nx.shortest_path(forest, b, clash[1])
            protected = clash if frozenset(clash) in never else ()
            able = [node for node in path if weakness[node] is not None and node not in protected]
            if able:
                newly = max(able, key=weakness.__getitem__)
                break
        if newly is None:
            return forest, blocked
        blocked.add(newly)


def _clash(ours, theirs, persons, never):
    shared = sorted(set().union(*(persons[n] for n in ours)) & set().union(*(persons[n] for n in theirs)))
    if shared:
        return (
            next(n for n in ours if shared[0] in persons[n]),
            next(n for n in theirs if shared[0] in persons[n]),
        )
    pairs = [(a, b) for a in ours for b in theirs if frozenset((a, b)) in never]
    return min(pairs, key=sorted) if pairs else None


def resolve(identifiers: dict[int, dict], edges: list[dict], kinds: list[Kind], never, always):
    """key -> anchor key or None, and key -> reason."""
    reason = {key: "blocklisted" if row["blocklisted"] else "" for key, row in identifiers.items()}
    tie = nx.Graph()
    tie.add_nodes_from(identifiers)
    tie.add_edges_from(
        (a, b) for a, b in always if a in identifiers and b in identifiers and not reason[a] and not reason[b]
    )
    unit = {node: min(part) for part in nx.connected_components(tie) for node in part}
    members = {u: [n for n in unit if unit[n] == u] for u in set(unit.values())}
    apart = {
        frozenset((unit[a], unit[b]))
        for a, b in never
        if a in identifiers and b in identifiers and not reason[a] and not reason[b] and unit[a] != unit[b]
    }

    def kind(node):
        return kinds[identifiers[node]["kind"]]

    def rank(node):
        row = identifiers[node]
        return (kind(node).strength, row["landing_no"], row["first_seen"], node)

    weakness = {
        u: None if any(not kind(n).is_blockable for n in ns) else min(rank(n) for n in ns) for u, ns in members.items()
    }
    held = {u: {kind(n).name for n in ns if kind(n).is_exclusive} for u, ns in members.items()}

    def order(edge):
        strengths = sorted((kind(edge["left"]).strength, kind(edge["right"]).strength), reverse=True)
        return (*strengths, -edge["observations"], edge["landing_no"], *sorted((edge["left"], edge["right"])))

    usable = [
        e
        for e in sorted(edges, key=order)
        if not reason[e["left"]]
        and not reason[e["right"]]
        and frozenset((unit[e["left"]], unit[e["right"]])) not in apart
    ]
    strong = [
        (unit[e["left"]], unit[e["right"]])
        for e in usable
        if not kind(e["left"]).is_weak and not kind(e["right"]).is_weak
    ]
    forest, blocked = _walk(strong, held, apart, weakness)
    for node in identifiers:
        if unit[node] in blocked:
            reason[node] = "shared_value"

    strong_units = {u for u, ns in members.items() if any(not kind(n).is_weak for n in ns)}
    person = {u: ("person", min(part)) for part in nx.connected_components(forest) for u in part if u in strong_units}
    node_of = {n: person.get(unit[n], ("weak", unit[n])) for n in identifiers if not reason[n]}
    weak = [
        (node_of[e["left"]], node_of[e["right"]])
        for e in usable
        if e["left"] in node_of
        and e["right"] in node_of
        and (kind(e["left"]).is_weak or kind(e["right"]).is_weak)
        and not (unit[e["left"]] in strong_units and unit[e["right"]] in strong_units)
    ]
    nodes = set(node_of.values())
    far = {
        frozenset((node_of[a], node_of[b]))
        for a, b in map(tuple, apart)
        if a in node_of and b in node_of and node_of[a] != node_of[b]
    }
    forest, blocked = _walk(
        [(a, b) for a, b in weak if a != b],
        {n: {"person"} if n[0] == "person" else set() for n in nodes},
        far,
        {n: None if n[0] == "person" else weakness[n[1]] for n in nodes},
    )
    for node in node_of:
        if node_of[node] in blocked:
            reason[node] = "shared_device"

    anchors = dict.fromkeys(identifiers)
    for part in nx.connected_components(forest):
        inside = [n for n in node_of if node_of[n] in part]
        if inside:
            first = min(
                inside,
                key=lambda n: (
                    kind(n).is_weak,
                    identifiers[n]["landing_no"],
                    kind(n).strength,
                    identifiers[n]["first_seen"],
                    n,
                ),
            )
            anchors.update(dict.fromkeys(inside, first))
    return anchors, reason


def used(anchors: dict, edges: list[dict]) -> list[tuple[int, int]]:
    """The edges whose ends are one person."""
    return [
        (e["left"], e["right"])
        for e in edges
        if anchors[e["left"]] is not None and anchors[e["left"]] == anchors[e["right"]]
    ]
