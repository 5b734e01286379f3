"""The chain of evidence between two identifiers, or what stands between them, on a small published file."""

import pytest
from published import SALT, customer_of, graph_of, hash_of, key_of, node, publish

from dagster_project.errors import UsageError
from dagster_project.identity import neighbourhood
from dagster_project.identity.explain import WHY, explain
from dagster_project.identity.given import Override
from dagster_project.identity.graph import REASONS

PHONE = "phone:+81312345678"
LINES = (
    "member_id:m1 email:a@x.jp 5",
    f"email:a@x.jp {PHONE} 2",
    f"card_no:k1 {PHONE}",
    # Two members share an address, so nobody has it; two have nothing in common.
    "member_id:m1 email:shared@x.jp",
    "member_id:m2 email:shared@x.jp",
    "member_id:m3 email:only@x.jp",
    # Everybody types the same address into the till.
    "member_id:m4 email:test@x.jp",
    "member_id:m5 email:test@x.jp",
    # A device of two.
    "member_id:m4 visitor_id:v1",
    "member_id:m6 visitor_id:v1",
    # A card seen with two members stays with the one of the stronger edge.
    "member_id:m6 card_no:k2 3",
    "member_id:m7 card_no:k2",
)
NAMES = {key_of(name): hash_of(name) for line in LINES for name in line.split()[:2]}


def customer(name):
    return customer_of({0: hash_of(name)}, 0)


@pytest.fixture(scope="module")
def marts():
    con = publish(graph_of(*LINES), names=NAMES)
    con.execute(
        "insert into marts.customer_aliases values ('c0', ?, '2023-01-01', 'merged')", [customer("member_id:m1")]
    )
    con.execute("insert into marts.customer_aliases values ('c9', null, '2023-01-01', 'withdrawn')")
    # The same two together by another rule, less often.
    con.execute(
        "insert into marts.identity_edges"
        " select * replace ('message' as rule, 1 as observations, 'f2' as first_file_id)"
        " from marts.identity_edges where observations = 5"
    )
    con.execute(
        "insert into marts.identity_conflicts values (?, ?, ?, ?, ?, ?, 3, 'birth_date_differs email_differs')",
        [key_of("member_id:m1"), key_of("member_id:m2"), *node("member_id:m1"), *node("member_id:m2")],
    )
    yield con
    con.close()


def test_the_chain_leads_from_the_one_to_the_other_by_the_most_observed_evidence(marts):
    found = explain(marts, SALT, "card_no: k1 ", "member_id:m1")
    assert found["is_one_person"]
    assert found["customers"] == [customer("member_id:m1")] * 2
    assert [(step["left"], step["rule"], step["right"], step["observations"]) for step in found["chain"]] == [
        (node("card_no:k1"), "order", node(PHONE), 1),
        (node(PHONE), "order", node("email:a@x.jp"), 2),
        (node("email:a@x.jp"), "order", node("member_id:m1"), 5),
    ]
    last = found["chain"][-1]
    assert (last["first_file_id"], last["first_line_no"]) == ("f1", 7)
    assert [(other["rule"], other["first_file_id"]) for other in last["others"]] == [("message", "f2")]
    assert found["blocked"] == found["apart"] == []


def test_an_identifier_its_customer_and_an_alias_are_one(marts):
    for given in (customer("member_id:m1"), "c0", "email:A@x.jp"):
        found = explain(marts, SALT, given, "email:a@x.jp")
        assert (found["is_one_person"], found["chain"]) == (True, [])


def test_a_shared_value_is_shown_with_what_the_two_records_contradict_and_who_forbade_it(marts):
    ends = sorted((key_of("member_id:m1"), key_of("member_id:m2")))
    forbidden = Override(*ends, "never_link", "kato", "two sisters", 4)
    found = explain(marts, SALT, "card_no:k1", customer("member_id:m2"), [forbidden])
    assert not found["is_one_person"]
    assert [(step["right"][0], step["status"], step["reason"]) for step in found["chain"]] == [
        ("phone", "used", None),
        ("email", "used", None),
        ("member_id", "used", None),
        ("email", "blocked", "shared_value"),
        ("member_id", "blocked", "shared_value"),
    ]
    [blocked] = found["blocked"]
    assert (blocked["identifier"], blocked["reason"], blocked["customers_beside"]) == (
        node("email:shared@x.jp"), "shared_value", 2)  # fmt: skip
    assert [(each["what"], each["why"]) for each in found["apart"]] == [
        ("never_link", "identity_overrides.csv line 4, kato: two sisters"),
        ("conflicting_records", "birth_date_differs, email_differs (3 points)"),
    ]


@pytest.mark.parametrize(
    ("a", "b", "reasons"),
    [
        ("member_id:m4", "member_id:m5", ["blocklisted"]),
        ("member_id:m4", "member_id:m6", ["shared_device"]),
        ("member_id:m4", "visitor_id:v1", ["shared_device"]),
        ("email:test@x.jp", "member_id:m4", ["blocklisted"]),
    ],
)
def test_each_reason_is_told_with_its_meaning(marts, a, b, reasons):
    found = explain(marts, SALT, a, b)
    assert not found["is_one_person"]
    assert [blocked["reason"] for blocked in found["blocked"]] == reasons
    assert all(blocked["why"] for blocked in found["blocked"])


def test_every_reason_of_the_resolver_has_a_meaning():
    assert set(WHY) == set(REASONS) - {""}


def test_an_edge_between_two_persons_that_blocks_nothing_is_told(marts):
    found = explain(marts, SALT, "card_no:k2", "member_id:m7")
    assert [(step["status"], step["reason"]) for step in found["chain"]] == [("blocked", "two_persons")]
    assert found["blocked"] == []


def test_two_that_nothing_links_are_told_so(marts):
    found = explain(marts, SALT, "member_id:m3", "member_id:m1")
    assert (found["is_linked"], found["chain"], found["blocked"], found["apart"]) == (False, [], [], [])


def test_a_blocklisted_value_that_a_whole_shop_shares_is_not_looked_through(marts, monkeypatch):
    monkeypatch.setattr(neighbourhood, "MAX_IDENTIFIERS", 3)
    found = explain(marts, SALT, "member_id:m4", "member_id:m3")
    assert (found["is_linked"], found["is_searched_whole"]) == (False, False)
    monkeypatch.undo()
    assert explain(marts, SALT, "member_id:m4", "member_id:m3")["is_searched_whole"]


def test_who_was_first_seen_later_is_not_published_yet(marts):
    with publish(graph_of(*LINES), names=NAMES) as con:
        con.execute("update marts.identity_nodes set customer_id = null where identifier_kind = 'card_no'")
        with pytest.raises(UsageError, match="this card_no belongs to was first seen after"):
            explain(con, SALT, "card_no:k1", "member_id:m1")


def test_marts_without_file_and_line_are_explained_without(marts):
    with publish(graph_of(*LINES), names=NAMES) as con:
        con.execute("alter table marts.identity_edges drop column first_file_id")
        con.execute("alter table marts.identity_edges drop column first_line_no")
        chain = explain(con, SALT, "email:a@x.jp", "member_id:m1")["chain"]
        assert [(step["rule"], step["first_file_id"], step["first_line_no"]) for step in chain] == [
            ("order", None, None)
        ]


@pytest.mark.parametrize(
    ("a", "message"),
    [
        ("email:unknown@x.jp", "no landed row carries this email"),
        ("c9", "names nobody any more: its identifiers are withdrawn"),
        ("c7", "neither a customer id that was ever published nor kind:value"),
        ("cookie:v1", "neither a customer_id nor kind:value"),
        ("email:nonsense", "this email cannot be read"),
    ],
)
def test_what_is_unknown_is_told_without_its_value(marts, a, message):
    with pytest.raises(UsageError, match=message) as raised:
        explain(marts, SALT, a, "member_id:m1")
    assert "@" not in str(raised.value)
    assert "nonsense" not in str(raised.value)
