"""The seven invariants of identity, over generated graphs, and the fast resolver against the literal one."""

from dataclasses import replace

import networkx as nx
import reference
from graphs import CARD, EMAIL, KINDS, LINE, MEMBER, PHONE, VISITOR, graphs, run
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dagster_project.identity.walk import Walk

MANY = settings(max_examples=150, deadline=None)
FEWER = settings(max_examples=75, deadline=None)
ALL = graphs(overrides=True, guards=True)


def age(graph, key):
    """By what an anchor is chosen."""
    row = graph.identifiers[key]
    kind = KINDS[row["kind"]]
    return kind.is_weak, row["landing_no"], kind.strength, row["first_seen"], key


def persons(anchors):
    """Anchor -> the keys of its person."""
    return {a: {k for k in anchors if anchors[k] == a} for a in anchors.values() if a is not None}


@MANY
@given(graphs())
def test_the_fast_resolver_agrees_with_the_literal_walk(graph):
    assert run(graph) == reference.resolve(graph)


@MANY
@given(ALL)
def test_the_fast_resolver_agrees_with_the_literal_walk_under_overrides_conflicts_limits_and_likely_pairs(graph):
    assert run(graph) == reference.resolve(graph)


@MANY
@given(ALL, st.integers(0, 9))
def test_invariant_1_the_order_of_rows_does_not_matter(graph, seed):
    assert run(graph) == run(graph, shuffle=seed)


@FEWER
@given(ALL)
def test_invariant_2_the_anchor_is_the_oldest_strong_identifier_of_its_person(graph):
    anchors, _ = run(graph)
    for anchor, keys in persons(anchors).items():
        assert anchor == min(keys, key=lambda key: age(graph, key))


@FEWER
@given(graphs(guards=True))
def test_invariant_2_what_a_later_landing_brings_never_names_a_person_known_before(graph):
    later = replace(graph, identifiers={**graph.identifiers, 90: {"kind": MEMBER, "landing_no": 3, "first_seen": 0}})
    later.identifiers[90]["blocklisted"] = False
    later.edges = [*graph.edges, *({"left": 90, "right": key, "observations": 1, "landing_no": 3} for key in [1, 2])]
    anchors, _ = run(later)
    strong = graph.of_kind(MEMBER, CARD, LINE, EMAIL, PHONE)
    assert all(anchors[key] != 90 for key in strong)


@MANY
@given(graphs(contested=False))
def test_invariant_2_a_merge_keeps_the_older_anchor_and_undoing_it_brings_both_back(graph):
    before, reasons = run(graph)
    found = persons(before)
    mergeable = sorted(a for a in found if graph.identifiers[a]["kind"] in (CARD, EMAIL, PHONE))
    assume(len(mergeable) >= 2 and not any(reasons.values()))
    one, two = mergeable[0], mergeable[-1]
    inside = found[one] | found[two]
    link = {"left": one, "right": two, "observations": 1, "landing_no": 2}
    with_link = replace(graph, edges=[*graph.edges, link])
    merged, _ = run(with_link)
    assert {merged[key] for key in inside} == {min(one, two, key=lambda key: age(graph, key))}
    undone, _ = run(replace(with_link, edges=[edge for edge in with_link.edges if edge is not link]))
    assert undone == before


@MANY
@given(graphs(guards=True))
def test_invariant_3_two_members_never_share_a_customer(graph):
    anchors, _ = run(graph)
    members = [anchors[key] for key in graph.of_kind(MEMBER) if anchors[key] is not None]
    assert len(members) == len(set(members))


@FEWER
@given(ALL)
def test_invariant_3_member_ids_and_cards_are_never_blocked_for_being_shared(graph):
    _, reasons = run(replace(graph, always=[]))
    assert all(reasons[key] in ("", "blocklisted") for key in graph.of_kind(MEMBER, CARD))


@FEWER
@given(ALL)
def test_invariant_3_a_blocked_identifier_belongs_to_nobody_and_anchors_nobody(graph):
    anchors, reasons = run(graph)
    assert all((anchors[key] is None) == bool(reasons[key]) for key in anchors)
    assert not any(reasons[anchor] for anchor in anchors.values() if anchor is not None)


@MANY
@given(graphs())
def test_invariant_3_what_is_not_contested_stays_whole(graph):
    graph = replace(graph, limit=None)
    anchors, reasons = run(graph)
    plain = nx.Graph((e["left"], e["right"]) for e in graph.edges)
    plain.add_nodes_from(graph.identifiers)
    plain.remove_nodes_from([*graph.of_kind(VISITOR), *(k for k, r in graph.identifiers.items() if r["blocklisted"])])
    for part in nx.connected_components(plain):
        if len(part & graph.of_kind(MEMBER)) < 2:
            assert len({anchors[key] for key in part}) == 1
            assert not any(reasons[key] for key in part)


@FEWER
@given(graphs(overrides=True))
def test_invariant_3_a_never_link_holds_whatever_the_evidence(graph):
    graph = replace(graph, always=[])
    anchors, _ = run(graph)
    assert all(anchors[a] is None or anchors[a] != anchors[b] for a, b in graph.never)


@MANY
@given(graphs(guards=True))
def test_invariant_3_no_value_joins_records_in_conflict(graph):
    graph = replace(graph, likely=[])
    anchors, reasons = run(graph)
    records = graph.of_kind(MEMBER, CARD)
    ties = nx.Graph((e["left"], e["right"]) for e in graph.edges if {e["left"], e["right"]} <= records)
    ties.add_nodes_from(records)
    for a, b in graph.conflicts:
        assert anchors[a] is None or anchors[a] != anchors[b] or nx.has_path(ties, a, b)
    if not graph.conflicts:
        assert "conflicting_records" not in reasons.values()


@FEWER
@given(graphs(guards=True))
def test_invariant_3_likely_pairs_come_last_and_block_no_value(graph):
    _, with_pairs = run(graph)
    _, without = run(replace(graph, likely=[]))
    strong = graph.identifiers.keys() - graph.of_kind(VISITOR)
    assert all(with_pairs[key] == without[key] for key in strong)


@FEWER
@given(ALL)
def test_invariant_3_a_value_of_too_many_records_is_as_if_never_seen(graph):
    anchors, reasons = run(graph)
    many = {key for key, reason in reasons.items() if reason == "too_many_records"}
    without, _ = run(replace(graph.without(many), limit=None))
    assert {k: a for k, a in anchors.items() if k not in many} == without


@FEWER
@given(graphs(guards=True))
def test_invariant_4_weak_identifiers_never_join_persons_with_stronger_ones(graph):
    weak = graph.of_kind(VISITOR)
    anchors, _ = run(graph)
    alone, _ = run(graph.without(weak))
    assert {k: a for k, a in anchors.items() if k not in weak} == alone


@FEWER
@given(graphs(guards=True))
def test_invariant_5_a_blocked_value_changes_nothing_but_itself(graph):
    anchors, _ = run(graph)
    listed = {key for key, row in graph.identifiers.items() if row["blocklisted"]}
    without, _ = run(graph.without(listed))
    assert {k: a for k, a in anchors.items() if k not in listed} == without
    assert all(anchors[key] is None for key in listed)


@FEWER
@given(ALL)
def test_invariant_6_every_identifier_has_a_path_of_used_edges_to_its_anchor(graph):
    anchors, _ = run(graph)
    evidence = nx.Graph(reference.used(anchors, graph))
    evidence.add_nodes_from(anchors)
    assert all(nx.has_path(evidence, key, anchor) for key, anchor in anchors.items() if anchor is not None)


def test_invariant_7_the_walk_grows_with_the_edges(monkeypatch):
    joined = []
    join = Walk._join
    monkeypatch.setattr(Walk, "_join", lambda self, left, right: (joined.append(1), join(self, left, right))[1])

    def joins(members):
        """Of a chain member - email - phone - email - member ..., every fourth of whose nodes is contested."""
        joined.clear()
        count = 3 * members + 1
        order = [*range(0, count, 3), *(n for n in range(count) if n % 3)]
        edges = sorted(((n, n + 1) for n in range(count - 1)), key=lambda edge: (edge[0] % 3 == 1, edge))
        claims = [int(n % 3 == 0) for n in range(count)]
        weakness = [-1 if n % 3 == 0 else order.index(n) for n in range(count)]
        _, blocked = Walk(edges, claims, weakness, {}, {}).run()
        assert sum(map(bool, blocked)) == members
        return len(joined)

    assert joins(400) <= 4.5 * joins(100)
