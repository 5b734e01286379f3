"""What a run says of the customers that it merged and split."""

from datetime import date

import duckdb
import pytest

from dagster_project import summary
from dagster_project.activation.feeds import load_feeds
from dagster_project.project import seeds
from dagster_project.publish.change_report import identity_changes

DAY = date(2024, 1, 2)
CHANGES = [
    (DAY, "merged", "c2", "c1", False, False, 3, "new_rows"),
    (DAY, "split", "c3", "c4", False, False, 2, "override"),
    (DAY, "split", "c3", "c5", False, False, 1, "override"),
    (DAY, "identified", "v1", "c6", True, False, 1, "new_rows"),
    (DAY, "gone", "v2", None, True, False, 1, "blocked"),
    (date(2024, 1, 1), "merged", "c8", "c7", False, False, 1, "new_rows"),
]


@pytest.fixture
def marts():
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.execute(
            "create table marts.identity_changes (as_of date, change varchar, from_id varchar, to_id varchar,"
            " from_is_visitor boolean, to_is_visitor boolean, identifiers bigint, because varchar)"
        )
        con.execute(
            "create table marts.scenario_targets (as_of date, feed_row_id varchar, scenario_id varchar, step varchar,"
            " customer_id varchar, channel varchar, send_at timestamp, content_id varchar, product_id varchar,"
            " reason varchar, rule_version varchar, holdout boolean, withdrawn varchar)"
        )
        con.execute("create table marts.customers (customer_id varchar, member_ids varchar[])")
        con.execute("create table marts.badges (customer_id varchar, badge_id varchar)")
        for customer, held_out, day in [
            ("c1", False, DAY), ("c4", False, DAY), ("c4", True, DAY), ("c6", False, DAY), ("c7", False, DAY),
            ("c2", False, date(2024, 1, 1)),
        ]:  # fmt: skip
            con.execute(
                "insert into marts.scenario_targets (as_of, scenario_id, customer_id, holdout)"
                " values (?, 'birthday', ?, ?)",
                [day, customer, held_out],
            )
        con.execute("insert into marts.customers values ('c1', ['m1', 'm2']), ('c6', ['m6']), ('c7', ['m7'])")
        yield con


def test_merges_and_splits_are_counted_with_the_lists_and_feeds_they_touch(marts):
    marts.executemany(f"insert into marts.identity_changes values ({', '.join('?' * 8)})", CHANGES)
    found = identity_changes(marts, DAY, load_feeds(seeds() / "feeds"))
    assert [tuple(row.values()) for row in found["counts"]] == [
        ("merged", "new_rows", 1, 3),
        ("split", "override", 2, 3),
        ("gone", "blocked", 1, 1),
        ("identified", "new_rows", 1, 1),
    ]
    assert [(row["change"], row["from_id"], row["to_id"]) for row in found["first"]] == [
        ("merged", "c2", "c1"),
        ("split", "c3", "c4"),
        ("split", "c3", "c5"),
    ]
    # c1 and c4 are on today's list, and c2 in the feed of all lists; c1 has two members; who was identified counts not.
    assert [tuple(row.values()) for row in found["affected"]] == [
        ("list", "birthday", 2),
        ("feed", "customers", 2),
        ("feed", "scenario_targets", 3),
    ]


def test_a_run_that_changed_nobody_says_nothing(marts, capsys):
    found = identity_changes(marts, DAY, load_feeds(seeds() / "feeds"))
    assert found == {"counts": [], "first": [], "affected": []}
    summary._print_identity_changes(found)
    assert capsys.readouterr().out == ""
