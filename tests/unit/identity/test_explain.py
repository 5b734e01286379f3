"""The chain of evidence between two identifiers, on a small published file."""

import duckdb
import pytest

from dagster_project.errors import UsageError
from dagster_project.identity.explain import path
from dagster_project.identity.hashing import identifier_hash

SALT = "salt"


def node(text):
    kind, _, value = text.partition(":")
    return kind, identifier_hash(SALT, kind, value)


@pytest.fixture
def marts():
    con = duckdb.connect()
    con.execute("create schema marts")
    con.execute(
        "create table marts.customer_identifiers"
        " (customer_id varchar, identifier_kind varchar, identifier_hash varchar)"
    )
    con.execute("create table marts.customer_aliases (alias_id varchar, customer_id varchar, since date, why varchar)")
    con.execute(
        "create table marts.identity_edges (left_kind varchar, left_hash varchar, right_kind varchar,"
        " right_hash varchar, rule varchar, source varchar, first_seen_at timestamp, observations bigint,"
        " status varchar, reason varchar)"
    )
    for customer, text in [
        ("c1", "member_id:m1"),
        ("c1", "email:a@x.jp"),
        ("c1", "phone:+81312345678"),
        ("c1", "card_no:k1"),
        ("c2", "member_id:m2"),
    ]:
        con.execute("insert into marts.customer_identifiers values (?, ?, ?)", [customer, *node(text)])
    for left, right, rule, count, status, reason in [
        ("member_id:m1", "email:a@x.jp", "member_record", 1, "used", None),
        ("member_id:m1", "email:a@x.jp", "order", 5, "used", None),
        ("email:a@x.jp", "phone:+81312345678", "order", 2, "used", None),
        ("card_no:k1", "phone:+81312345678", "card_record", 1, "used", None),
        ("member_id:m2", "email:shared@x.jp", "member_record", 1, "blocked", "shared_value"),
    ]:
        con.execute(
            "insert into marts.identity_edges values (?, ?, ?, ?, ?, 's', '2024-01-01', ?, ?, ?)",
            [*node(left), *node(right), rule, count, status, reason],
        )
    con.execute(
        "insert into marts.customer_aliases values ('c1', 'c1', '2024-01-01', 'current'),"
        " ('c2', 'c2', '2024-01-01', 'current'), ('c0', 'c1', '2023-01-01', 'merged'),"
        " ('c9', null, '2023-01-01', 'withdrawn')"
    )
    return con


def test_the_chain_leads_from_the_one_to_the_other_by_the_most_observed_evidence(marts):
    steps = path(marts, SALT, "card_no:k1", "member_id:m1")
    assert [(step["left"], step["rule"], step["right"], step["observations"]) for step in steps] == [
        (node("card_no:k1"), "card_record", node("phone:+81312345678"), 1),
        (node("phone:+81312345678"), "order", node("email:a@x.jp"), 2),
        (node("email:a@x.jp"), "order", node("member_id:m1"), 5),
    ]


def test_an_identifier_and_its_customer_or_an_alias_are_one(marts):
    assert path(marts, SALT, "email:a@x.jp", "email:a@x.jp") == []
    assert path(marts, SALT, "c0", "email:a@x.jp") == []


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ("member_id:m1", "member_id:m2", "not one person: c1 and c2"),
        ("member_id:m1", "email:shared@x.jp", "belongs to nobody; its edges are blocked: shared_value"),
        ("member_id:m1", "email:unknown@x.jp", "belongs to no customer"),
        ("c9", "c1", "names nobody any more: withdrawn"),
        ("c7", "c1", "neither a customer id nor kind:value"),
        ("cookie:v1", "c1", "no kind of identifier"),
    ],
)
def test_what_cannot_be_explained_says_why_and_shows_no_value(marts, a, b, message):
    with pytest.raises(UsageError, match=message) as raised:
        path(marts, SALT, a, b)
    assert "@" not in str(raised.value)
