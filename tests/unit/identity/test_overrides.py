"""Overrides taken and taken back: what is decided is a function of what stands in the table, and of nothing before."""

from dataclasses import replace

import networkx as nx
from graphs import graphs, run
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dagster_project.identity.given import read_overrides
from dagster_project.identity.hashing import identifier_hash, identifier_key


def tied(graph, *left_out):
    """Everything that ties identifiers together, but for `left_out`."""
    found = nx.Graph([(edge["left"], edge["right"]) for edge in graph.edges])
    found.add_edges_from([*graph.always, *((a, b) for a, b, _ in graph.likely)])
    found.add_nodes_from(graph.identifiers)
    found.remove_edges_from(left_out)
    return found


@settings(max_examples=50, deadline=None)
@given(graphs(overrides=True, guards=True).filter(lambda graph: graph.edges), st.data())
def test_forbidding_a_link_leaves_both_sides_as_if_they_had_never_been_linked(graph, data):
    edge = data.draw(st.sampled_from(graph.edges))
    pair = (edge["left"], edge["right"])
    assume(pair not in graph.always and not any(pair == (a, b) for a, b, _ in graph.likely))
    assume(not nx.has_path(tied(graph, pair), *pair))
    forbidden = replace(graph, never=[*graph.never, pair])
    never_seen = replace(graph, edges=[other for other in graph.edges if other is not edge])
    assert run(forbidden) == run(never_seen)


@settings(max_examples=50, deadline=None)
@given(graphs(guards=True), st.data())
def test_tying_two_changes_nobody_outside_what_is_tied_to_them(graph, data):
    keys = sorted(graph.identifiers)
    pair = (data.draw(st.sampled_from(keys)), data.draw(st.sampled_from(keys)))
    assume(pair[0] != pair[1])
    anchors, reasons = run(replace(graph, always=[pair]))
    before, reasons_before = run(graph)
    near = {key for end in pair for key in nx.node_connected_component(tied(graph), end)}
    far = set(keys) - near
    assert {key: (anchors[key], reasons[key]) for key in far} == {
        key: (before[key], reasons_before[key]) for key in far
    }


def test_the_lines_of_the_table_are_read_as_the_pipeline_reads_them(tmp_path):
    (tmp_path / "identity_overrides.csv").write_text(
        "left_kind,left_value,right_kind,right_value,action,who,why\n"
        "member_id,ｍ1,email,A@X.jp,never_link,kato,two sisters\n"
        "phone,03-1234-5678,member_id,m1,always_link,kato,her own\n",
        encoding="utf-8",
    )
    first, second = read_overrides(tmp_path, "salt")
    member, email, phone = (
        identifier_key(identifier_hash("salt", kind, value))
        for kind, value in (("member_id", "m1"), ("email", "a@x.jp"), ("phone", "+81312345678"))
    )
    assert (first.left_key, first.right_key) == (min(member, email), max(member, email))
    assert (first.action, first.who, first.why, first.line) == ("never_link", "kato", "two sisters", 2)
    assert ({second.left_key, second.right_key}, second.action) == ({member, phone}, "always_link")
