"""What would be without an edge: the same as a rebuild of everything without it."""

from dataclasses import replace

import pytest
from graphs import KINDS, graphs, kinds, run
from hypothesis import given, settings
from hypothesis import strategies as st
from published import SALT, customer_of, graph_of, hash_of, hashes, key_of, publish

from dagster_project.errors import UsageError
from dagster_project.identity import neighbourhood
from dagster_project.identity.given import Override
from dagster_project.identity.without import find_edge, without


def overrides(never, always):
    lines = [(*pair, action) for action, pairs in (("never_link", never), ("always_link", always)) for pair in pairs]
    return [Override(left, right, action, "who", "why", 2) for left, right, action in lines]


@settings(max_examples=25, deadline=None)
@given(graphs(overrides=True, guards=True).filter(lambda graph: graph.edges), st.data())
def test_the_answer_is_what_a_rebuild_without_that_edge_gives(graph, data):
    edge = data.draw(st.sampled_from(graph.edges))
    pair = (edge["left"], edge["right"])
    names = hashes(graph.identifiers)
    with publish(graph) as con:
        found = without(con, SALT, kinds(graph.limit), overrides(graph.never, graph.always), pair)
    (now, before), (then, after) = run(graph), run(less(graph, pair))
    now, then = ({key: customer_of(names, anchor) for key, anchor in anchors.items()} for anchors in (now, then))
    moved = {key for key in now if (now[key], before[key]) != (then[key], after[key])}
    key_of_hash = {hash_: key for key, hash_ in names.items()}
    told = {
        key_of_hash[each["identifier"][1]]: (each["would_be"], each["reason"] or "") for each in found["identifiers"]
    }
    assert told == {key: (then[key], after[key]) for key in moved}
    assert {person["customer_id"] for person in found["persons"]} == {
        customer for key in moved for customer in (now[key], then[key]) if customer
    }
    for person in found["persons"]:
        assert person["identifiers_then"] == list(then.values()).count(person["customer_id"])


def less(graph, pair):
    """The graph as if no row had ever shown the pair together, nor anybody or Splink said so."""
    return replace(
        graph,
        edges=[edge for edge in graph.edges if (edge["left"], edge["right"]) != pair],
        always=[tied for tied in graph.always if tied != pair],
        likely=[tied for tied in graph.likely if tied[:2] != pair],
    )


GRAPH = graph_of("member_id:m1 email:a@x.jp 3", "card_no:k1 email:a@x.jp", "card_no:k1 phone:+81311112222")


def answer(name, chain=()):
    with publish(GRAPH, names={key_of(n): hash_of(n) for n in NAMES}) as con:
        return without(con, SALT, KINDS, [], find_edge(con, name, list(chain)))


NAMES = ("member_id:m1", "email:a@x.jp", "card_no:k1", "phone:+81311112222")


def edge_name(left, right, digits=8):
    return "-".join(f"{name.partition(':')[0]}:{hash_of(name)[:digits]}" for name in (left, right))


def test_the_part_that_comes_loose_gets_its_own_id_back():
    found = answer(edge_name("email:a@x.jp", "card_no:k1"))
    stays, leaves = (customer_of({0: hash_of(name)}, 0) for name in ("member_id:m1", "card_no:k1"))
    assert {each["identifier"][0]: (each["customer_id"], each["would_be"]) for each in found["identifiers"]} == {
        "card_no": (stays, leaves),
        "phone": (stays, leaves),
    }
    persons = {person["customer_id"]: person for person in found["persons"]}
    assert (persons[stays]["identifiers_now"], persons[stays]["identifiers_then"]) == (4, 2)
    assert persons[leaves] == {
        "customer_id": leaves,
        "identifiers_now": 0,
        "identifiers_then": 2,
        "kinds_then": "1 card_no, 1 phone",
        "id_is": "new",
    }
    assert found["chain"] == []


def test_an_edge_beside_which_another_chain_stands_changes_nothing():
    graph = graph_of("member_id:m1 email:a@x.jp", "member_id:m1 phone:+81311112222", "email:a@x.jp phone:+81311112222")
    with publish(graph) as con:
        found = without(con, SALT, KINDS, [], (key_of("member_id:m1"), key_of("email:a@x.jp")))
    assert found["identifiers"] == found["persons"] == []
    assert [step["right"][0] for step in found["chain"]] == ["phone", "email"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("3", "no step 3 in a chain of 0"),
        ("member_id-email", "name an edge"),
        ("member_id:00000000-email:11111111", "no edges are called"),
        ("cookie:00000000-email:11111111", "name an edge"),
    ],
)
def test_an_edge_that_is_not_there_is_told(name, message):
    with pytest.raises(UsageError, match=message):
        answer(name)


def test_marts_of_other_rules_give_no_answer():
    with publish(GRAPH) as con:
        con.execute("update marts.identity_nodes set customer_id = 'c0' where customer_id is not null")
        with pytest.raises(UsageError, match="rules have changed"):
            without(con, SALT, KINDS, [], (key_of("member_id:m1"), key_of("email:a@x.jp")))


def test_a_part_too_large_to_look_through_is_refused(monkeypatch):
    monkeypatch.setattr(neighbourhood, "MAX_IDENTIFIERS", 3)
    with publish(GRAPH) as con, pytest.raises(UsageError, match="more than 3 identifiers"):
        without(con, SALT, KINDS, [], (key_of("member_id:m1"), key_of("email:a@x.jp")))
