"""The invariants of identity, over generated graphs, and the fast resolver against the literal one."""

import networkx as nx
import reference
from graphs import CARD, EMAIL, KINDS, MEMBER, PHONE, VISITOR, graphs, run
from hypothesis import given, settings
from hypothesis import strategies as st

MANY = settings(max_examples=200, deadline=None)


@MANY
@given(graphs())
def test_the_fast_resolver_agrees_with_the_literal_walk(graph):
    identifiers, edges, never, always = graph
    assert run(*graph) == reference.resolve(identifiers, edges, KINDS, never, always)


@MANY
@given(graphs(overrides=True))
def test_the_fast_resolver_agrees_with_the_literal_walk_under_overrides(graph):
    identifiers, edges, never, always = graph
    assert run(*graph) == reference.resolve(identifiers, edges, KINDS, never, always)


@MANY
@given(graphs(overrides=True), st.integers(0, 9))
def test_the_order_of_rows_does_not_matter(graph, seed):
    assert run(*graph) == run(*graph, shuffle=seed)


@MANY
@given(graphs())
def test_two_members_never_share_a_customer(graph):
    anchors, _ = run(*graph)
    members = [anchors[key] for key, row in graph[0].items() if row["kind"] == MEMBER and anchors[key] is not None]
    assert len(members) == len(set(members))


@MANY
@given(graphs(overrides=True))
def test_a_never_link_override_holds_whatever_the_evidence(graph):
    identifiers, edges, never, _ = graph
    anchors, _ = run(identifiers, edges, never)
    assert all(anchors[a] is None or anchors[a] != anchors[b] for a, b in never)


@MANY
@given(graphs())
def test_a_blocked_identifier_belongs_to_nobody_and_anchors_nobody(graph):
    anchors, reasons = run(*graph)
    assert all((anchors[key] is None) == bool(reasons[key]) for key in anchors)
    assert not any(reasons[anchor] for anchor in anchors.values() if anchor is not None)


@MANY
@given(graphs())
def test_member_ids_and_cards_are_never_blocked_for_being_shared(graph):
    identifiers, (_, reasons) = graph[0], run(*graph)
    assert all(reasons[key] in ("", "blocklisted") for key, row in identifiers.items() if row["kind"] in (MEMBER, CARD))


@MANY
@given(graphs())
def test_a_blocked_value_changes_nothing_but_itself(graph):
    identifiers, edges, _, _ = graph
    anchors, _ = run(*graph)
    listed = {key for key, row in identifiers.items() if row["blocklisted"]}
    without, _ = run(
        {k: r for k, r in identifiers.items() if k not in listed},
        [e for e in edges if e["left"] not in listed and e["right"] not in listed],
    )
    assert {k: a for k, a in anchors.items() if k not in listed} == without


@MANY
@given(graphs())
def test_weak_identifiers_never_join_persons_with_stronger_ones(graph):
    identifiers, edges, _, _ = graph
    weak = {key for key, row in identifiers.items() if row["kind"] == VISITOR}
    anchors, _ = run(*graph)
    alone, _ = run(
        {k: r for k, r in identifiers.items() if k not in weak},
        [e for e in edges if e["left"] not in weak and e["right"] not in weak],
    )
    assert {k: a for k, a in anchors.items() if k not in weak} == alone


@MANY
@given(graphs())
def test_every_identifier_has_a_path_of_used_edges_to_its_anchor(graph):
    anchors, _ = run(*graph)
    evidence = nx.Graph(reference.used(anchors, graph[1]))
    evidence.add_nodes_from(anchors)
    assert all(nx.has_path(evidence, key, anchor) for key, anchor in anchors.items() if anchor is not None)


@MANY
@given(graphs())
def test_a_merge_keeps_the_id_of_the_older_anchor_and_undoing_it_brings_both_back(graph):
    identifiers, edges, _, _ = graph
    before, reasons = run(*graph)
    persons = sorted({a for a in before.values() if a is not None and identifiers[a]["kind"] in (CARD, EMAIL, PHONE)})
    if len(persons) < 2 or any(reasons.values()):
        return
    one, two = persons[0], persons[-1]
    inside = [key for key, anchor in before.items() if anchor in (one, two)]
    if any(identifiers[key]["kind"] == MEMBER for key in inside):
        return
    link = {"left": one, "right": two, "observations": 1, "landing_no": 2}
    merged, _ = run(identifiers, [*edges, link])

    def age(key):
        row = identifiers[key]
        return row["landing_no"], KINDS[row["kind"]].strength, row["first_seen"], key

    older = min(one, two, key=age)
    assert {merged[key] for key in inside} == {older}
    undone, _ = run(identifiers, [edge for edge in [*edges, link] if edge is not link])
    assert undone == before
