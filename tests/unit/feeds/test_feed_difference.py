"""What a sync sends: the difference against what was accepted, deletions, the brake, and nothing where
nothing changed.
"""

import json

import pytest
from feed_steps import feed_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.activation.feeds import dry_run
from dagster_project.activation.feeds.brake import brake
from dagster_project.activation.feeds.declaration import Limits
from dagster_project.activation.feeds.difference import Counts
from dagster_project.errors import StageFailed, UsageError

TIGHT = {"max_removed_share": 0.1, "max_changed_share": 0.5, "from_rows": 100}


def numbered(count: int, text: str = "x") -> dict[str, str]:
    return {f"k{n:03}": text for n in range(count)}


def test_the_first_sync_is_everything(steps):
    steps.put({"a": "1", "b": "2"})
    done = steps.sync()
    assert (done.counts.added, done.counts.unchanged) == (2, 0)
    assert steps.receive() == {"a": ["1"], "b": ["2"]}


def test_the_second_sync_sends_only_what_differs(steps):
    steps.put({"a": "1", "b": "2", "c": "3"})
    steps.sync()
    steps.put({"a": "1", "b": "two", "d": "4"})
    counts = steps.sync().counts
    assert (counts.added, counts.changed, counts.removed, counts.unchanged, counts.held_back) == (
        1,
        1,
        1,
        1,
        0,
    )
    latest = steps.folders()[-1]
    assert (latest / "data-0001.csv").read_text() == "key,name\nb,two\nd,4\n"
    assert (latest / "deletes-0001.csv").read_text() == "key\nc\n"
    assert steps.receive() == {"a": ["1"], "b": ["two"], "d": ["4"]}


def test_nothing_changed_makes_no_sync(steps):
    steps.put({"a": "1"})
    steps.sync()
    assert steps.sync().status == "unchanged"
    assert len(steps.folders()) == 1


def test_a_column_that_is_not_declared_changes_nothing(steps, con):
    steps.put({"a": "1"})
    steps.sync()
    con.execute("update marts.things set amount = 99")
    assert steps.sync().status == "unchanged"


def test_a_mart_column_that_turns_from_decimal_to_bigint_changes_no_row(steps, con):
    feed = feed_of(columns=[{"name": "key", "from": "id"}, {"name": "amount", "type": "number"}])
    con.execute("insert into marts.things (id, amount) values ('a', 1200), ('b', 0)")
    steps.sync(feed)
    con.execute("alter table marts.things alter amount type bigint")
    assert steps.sync(feed).status == "unchanged"


def test_an_upsert_feed_sends_removed_rows_as_explicit_deletions(steps):
    feed = feed_of(mode="upsert")
    steps.put({"a": "1", "b": "2"})
    steps.sync(feed)
    steps.put({"b": "2"})
    steps.sync(feed)
    assert not list(steps.folders()[-1].glob("data-*"))
    assert steps.receive() == {"b": ["2"]}


def test_a_removed_row_that_comes_back_is_added_again(steps):
    for rows in ({"a": "1", "b": "2"}, {"b": "2"}, {"a": "1", "b": "2"}):
        steps.put(rows)
        done = steps.sync()
    assert done.counts.added == 1
    assert steps.receive() == {"a": ["1"], "b": ["2"]}


def test_a_full_feed_sends_every_row_when_any_changed(steps):
    feed = feed_of(mode="full")
    steps.put({"a": "1", "b": "2"})
    steps.sync(feed)
    assert steps.sync(feed).status == "unchanged"
    steps.put({"a": "1", "b": "two"})
    steps.sync(feed)
    assert (steps.folders()[-1] / "data-0001.csv").read_text() == "key,name\na,1\nb,two\n"


def test_a_full_feed_brings_back_a_row_that_was_held_back_in_between(steps):
    feed = feed_of(mode="full")
    for rows in ({"a": "1", "b": "2"}, {"a": "x" * 257, "b": "two"}, {"a": "1", "b": "two"}):
        steps.put(rows)
        done = steps.sync(feed)
    assert (done.status, done.counts.added) == ("delivered", 1)
    assert (steps.folders()[-1] / "data-0001.csv").read_text() == "key,name\na,1\nb,two\n"


def test_a_row_held_back_later_is_not_deleted_and_goes_when_it_is_good_again(steps):
    steps.put({"a": "1", "b": "2"})
    steps.sync()
    steps.put({"a": "x" * 257, "b": "two"})
    held = steps.sync().counts
    assert (held.changed, held.removed, held.held_back) == (1, 0, 1)
    assert steps.receive() == {"a": ["1"], "b": ["two"]}
    steps.put({"a": "one", "b": "two"})
    assert steps.sync().counts.changed == 1
    assert steps.receive() == {"a": ["one"], "b": ["two"]}


def test_only_rows_that_are_held_back_make_no_sync(steps):
    steps.put({"a": "x" * 257})
    assert steps.sync().status == "unchanged"
    assert steps.folders() == []


def test_a_new_schema_makes_a_full_sync_past_the_brake(steps):
    steps.put(numbered(120))
    steps.sync()
    done = steps.sync(
        feed_of(columns=[{"name": "key", "from": "id"}, {"name": "name"}, {"name": "twice", "from": "name"}])
    )
    assert (done.status, done.counts.changed) == ("delivered", 120)
    manifest = json.loads((steps.folders()[-1] / "manifest.json").read_text())
    assert manifest["is_full"]
    assert [column["name"] for column in manifest["columns"]] == ["key", "name", "twice"]


@pytest.mark.parametrize(
    ("accepted", "removed", "changed", "stops"),
    [
        (99, 60, 0, False),
        (99, 0, 99, False),
        (100, 10, 0, False),
        (100, 11, 0, True),
        (100, 0, 50, False),
        (100, 0, 51, True),
        (100, 0, 0, False),
    ],
)
def test_the_brake_holds_from_100_accepted_rows_on(steps, accepted, removed, changed, stops):
    steps.put(numbered(accepted))
    steps.sync(feed_of(limits=TIGHT))
    rows = numbered(accepted) | dict.fromkeys(list(numbered(accepted))[:changed], "changed")
    after = dict(list(rows.items())[: accepted - removed]) | {f"new{n}": "n" for n in range(300)}
    steps.put(after)
    prepared = steps.prepare(feed_of(limits=TIGHT))
    assert (prepared.stopped_because is not None) is stops
    if stops:
        with pytest.raises(StageFailed, match=r"feed things was not sent: would .* --force"):
            steps.sync(feed_of(limits=TIGHT))
        assert len(steps.folders()) == 1
        steps.sync(feed_of(limits=TIGHT), force=True)
    else:
        steps.sync(feed_of(limits=TIGHT))
    assert steps.receive() == {key: [text] for key, text in after.items()}


@pytest.mark.parametrize(("removed", "stops"), [(29, False), (30, True)])
def test_exactly_the_share_of_the_brake_passes_whatever_a_float_makes_of_it(removed, stops):
    limits = Limits(max_removed_share=0.29)  # times 100 it is 28.999999999999996
    assert (brake(limits, Counts(removed=removed), 100, False, "things") is not None) is stops


def test_a_braked_sync_is_tried_again_and_stays_braked(steps):
    steps.put(numbered(100))
    steps.sync()
    steps.put({})
    for _ in range(2):
        with pytest.raises(StageFailed):
            steps.sync()
    assert len(steps.receive()) == 100


def test_sync_ids_rise_though_the_clock_stands_still_or_goes_back(steps):
    steps.put({"a": "1"})
    steps.sync(sync_id="29991231T235959Z")
    steps.put({"a": "2"})
    assert steps.sync().sync_id == "30000101T000000Z"
    assert json.loads((steps.folders()[-1] / "manifest.json").read_text())["previous_sync_id"] == "29991231T235959Z"
    with pytest.raises(UsageError, match="does not come after"):
        steps.prepare(sync_id="20200101T000000Z")


def test_a_dry_run_shows_the_difference_and_writes_nothing(steps, con, home):
    steps.put({"a": "1", "b": "2"})
    steps.sync()
    before = sorted(home.path.rglob("*"))
    steps.put({"a": "one", "c": "x" * 257})
    shown = dry_run(con, home, feed_of())
    assert shown.first == [
        ("changed", "a", "a,one"),
        ("held_back", "c", "c," + "x" * 257),
        ("removed", "b", ""),
    ]
    assert (shown.counts.changed, shown.counts.removed, shown.counts.held_back) == (1, 1, 1)
    assert sorted(home.path.rglob("*")) == before


TABLES = st.lists(
    st.dictionaries(
        st.text('ab,"\n漢', min_size=1, max_size=3), st.none() | st.text('x,"\n\r é', max_size=3), max_size=6
    ),
    min_size=1,
    max_size=5,
)


@given(tables=TABLES, mode=st.sampled_from(["full", "mirror", "upsert"]))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_the_receiver_ends_with_the_current_rows(steps, tables, mode):
    steps.empty()
    for rows in tables:
        steps.put(rows)
        steps.sync(feed_of(mode=mode))
    assert steps.receive() == {key: [text or ""] for key, text in tables[-1].items()}
