"""Merges and splits over days: what the ledger keeps, what identity_changes tells, where old ids lead."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from identity_days import Days

from dagster_project.home import Home

D1, D2, D3, D4 = (date(2024, 1, day) for day in range(1, 5))
APART, TOGETHER = {1: 1, 10: 1, 2: 2, 20: 2}, {1: 1, 10: 1, 2: 1, 20: 1}
FORBIDDEN = [(1, 2, "never_link")]


@pytest.fixture
def days(tmp_path) -> Days:
    return Days(Home.open(tmp_path))


def test_a_first_run_changes_nobody(days):
    days.run(D1, APART)
    assert days.changes() == []
    assert days.aliases() == {"c1": ("c1", 1, "current", 1), "c2": ("c2", 1, "current", 1)}


def test_a_merge_then_an_override_gives_both_ids_back_and_is_told_both_times(days):
    days.run(D1, APART)
    days.run(D2, TOGETHER)
    assert days.changes() == [(2, "merged", "c2", "c1", 2, "rules")]
    assert days.aliases() == {"c1": ("c1", 1, "current", 1), "c2": ("c1", 2, "merged", 1)}
    days.run(D3, APART, overrides=FORBIDDEN)
    assert days.changes() == [(2, "merged", "c2", "c1", 2, "rules"), (3, "split", "c1", "c2", 2, "override")]
    assert days.aliases() == {"c1": ("c1", 1, "current", 1), "c2": ("c2", 3, "split", 1)}
    days.run(D4, APART, overrides=FORBIDDEN)
    assert len(days.changes()) == 2
    assert days.aliases()["c2"] == ("c2", 3, "split", 1)


def test_a_run_repeated_compares_with_the_run_before_it_and_replaces_what_it_told(days):
    days.run(D1, APART)
    days.run(D2, TOGETHER)
    days.run(D2, TOGETHER)
    assert days.changes() == [(2, "merged", "c2", "c1", 2, "rules")]
    days.run(D2, APART)
    assert days.changes() == []
    assert days.aliases()["c2"] == ("c2", 1, "current", 1)
    days.run(D3, APART)
    assert days.changes() == []


def test_a_backfill_writes_nothing_and_shows_what_was_told_then(days):
    days.run(D1, APART)
    days.run(D2, TOGETHER)
    days.run(D3, APART, overrides=FORBIDDEN)
    ledger = {file: file.read_bytes() for file in sorted(days.home.ledger.rglob("*.parquet"))}
    days.run(D2, APART, overrides=FORBIDDEN)
    assert days.changes() == [(2, "merged", "c2", "c1", 2, "rules")]
    assert days.aliases()["c2"] == ("c2", 3, "split", 1)
    assert {file: file.read_bytes() for file in sorted(days.home.ledger.rglob("*.parquet"))} == ledger


def test_a_run_that_stopped_before_it_was_published_has_told_nothing(days):
    days.run(D1, APART)
    days.run(D2, TOGETHER, crash=True)
    days.run(D3, TOGETHER)
    assert days.changes() == [(3, "merged", "c2", "c1", 2, "rules")]


def test_a_visitor_who_logs_in_is_identified_and_one_who_is_nobodys_is_gone(days):
    days.run(D1, {1: 1, 7: 7, 8: 8}, visitors={7, 8})
    days.run(D2, {1: 1, 7: 1, 8: None}, visitors={7, 8})
    assert days.changes() == [(2, "gone", "c8", None, 1, "blocked"), (2, "identified", "c7", "c1", 1, "rules")]
    assert days.aliases()["c8"] == (None, 2, "blocked", 1)
    days.run(D3, {1: 1, 8: 8}, visitors={8})
    assert days.changes()[2:] == [(3, "gone", "c1", None, 1, "withdrawn"), (3, "returned", None, "c8", 1, "rules")]
    assert days.aliases()["c7"] == (None, 3, "withdrawn", 1)
    assert days.aliases()["c8"] == ("c8", 3, "current", 1)


def test_who_was_erased_is_gone_for_that_and_what_was_contested_with_him_returns_for_that(days):
    days.run(D1, {1: 1, 30: 1})
    days.run(D2, {1: 1, 2: 2, 3: 3, 30: None})
    days.con.execute("insert into run.erased_customers values ('c2', ?)", [D3])
    days.run(D3, {1: 1, 30: 1})
    assert days.changes()[1:] == [
        (3, "gone", "c2", None, 1, "erased"),
        (3, "gone", "c3", None, 1, "withdrawn"),
        (3, "returned", None, "c1", 1, "erased"),
    ]
    assert days.aliases()["c2"] == (None, 3, "erased", 2)
    days.run(D4, {30: 30})
    assert days.changes()[4:] == [(4, "gone", "c1", None, 1, "withdrawn"), (4, "split", "c1", "c30", 1, "withdrawn")]


def test_an_identifier_that_goes_over_moves_nobodys_id(days):
    days.run(D1, APART)
    days.run(D2, APART | {20: 1, 30: 1})
    assert days.changes() == [(2, "moved", "c2", "c1", 1, "rules")]
    assert {alias[0] for alias in days.aliases().values()} == {"c1", "c2"}


@st.composite
def histories(draw):
    """Assignments of three to four days: every identifier to an anchor that is its own, to nobody, or not there."""
    days = []
    for _ in range(draw(st.integers(3, 4))):
        keys = draw(st.sets(st.integers(1, 6), min_size=1))
        anchors = draw(st.sets(st.sampled_from(sorted(keys)), min_size=1))
        choices = st.sampled_from([*sorted(anchors), None])
        days.append({key: key if key in anchors else draw(choices) for key in sorted(keys)})
    return days


@settings(max_examples=8, deadline=None)
@given(histories())
def test_every_id_ever_published_leads_to_todays_person_or_says_why_not(tmp_path_factory, history):
    days = Days(Home.open(tmp_path_factory.mktemp("home")))
    ever: dict[int, int] = {}
    since: dict[int, tuple[int | None, int]] = {}
    for number, anchors in enumerate(history, 1):
        days.run(date(2024, 1, number), anchors)
        for anchor in set(anchors.values()) - {None}:
            ever.setdefault(anchor, number)
        for key in ever:
            if key not in since or since[key][0] != anchors.get(key):
                since[key] = (anchors.get(key), number)
        found = days.aliases()
        assert found.keys() == {f"c{key}" for key in ever}
        current = {f"c{anchor}" for anchor in anchors.values() if anchor is not None}
        for key, first in ever.items():
            customer, day, why, first_published = found[f"c{key}"]
            holder = anchors.get(key)
            assert customer == (f"c{holder}" if holder is not None else None)
            assert customer is None or customer in current
            assert first_published == first
            assert (why in ("blocked", "withdrawn")) == (customer is None)
            assert (why == "merged") == (customer not in (None, f"c{key}"))
            assert day == since[key][1]
        told = {(change, of, to) for at, change, of, to, *_ in days.changes() if at == number}
        assert all(of != to for _, of, to in told)
        if number > 1:
            before = history[number - 2]
            assert {(of, to) for _, of, to in told} >= {
                (f"c{before[key]}", f"c{anchors[key]}")
                for key in before.keys() & anchors.keys()
                if None not in (before[key], anchors[key]) and before[key] != anchors[key]
            }
