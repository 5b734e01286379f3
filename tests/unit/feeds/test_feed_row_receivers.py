"""Receivers of rows that break half-way, refuse rows and forget: whatever happens, they end with the current rows."""

import contextlib
from datetime import UTC, datetime

import pytest
from feed_steps import feed_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from row_receiver import Killed, RowReceiver

from dagster_project import summary
from dagster_project.activation.feeds import not_taken, sync_tables
from dagster_project.errors import StageFailed


def rows_feed(mode: str = "upsert"):
    """The feed of `feed_of`, to the receiver of the fixture."""
    return feed_of(destination={"type": "rows"}, mode=mode)


def broken(steps, receiver: RowReceiver, after: int, how: BaseException) -> None:
    """A sync that breaks after so many rows have reached the receiver."""
    receiver.breaks_after, receiver.breaks_with = after, how
    with pytest.raises((StageFailed, Killed)):
        steps.sync(rows_feed())
    receiver.breaks_after = None


@pytest.mark.parametrize("how", [OSError("it broke"), Killed()], ids=["failed", "killed"])
@pytest.mark.parametrize("after", [0, 1, 2, 99])
def test_a_row_that_turned_back_while_a_sync_was_broken_is_right_at_the_receiver(steps, receiver, how, after):
    steps.put({"a": "1", "b": "1"})
    steps.sync(rows_feed())
    steps.put({"a": "2", "b": "2"})
    broken(steps, receiver, after, how)
    steps.put({"a": "1", "b": "1"})
    steps.sync(rows_feed())
    assert receiver.table == {"a": ["1"], "b": ["1"]}
    assert steps.sync(rows_feed()).status == "unchanged"


@pytest.mark.parametrize("how", [OSError("it broke"), Killed()], ids=["failed", "killed"])
def test_a_row_that_went_while_its_first_sync_was_broken_is_deleted(steps, receiver, how):
    steps.put({"a": "1", "b": "1"})
    broken(steps, receiver, 1, how)
    assert receiver.table == {"a": ["1"]}
    steps.put({"b": "1"})
    steps.sync(rows_feed())
    assert receiver.table == {"b": ["1"]}


def test_a_broken_first_sync_does_not_trip_the_brake_when_it_is_sent_again(steps, receiver, con, home):
    rows = {f"k{n:03}": "x" for n in range(120)}
    steps.put(rows)
    broken(steps, receiver, 60, OSError("it broke"))
    done = steps.sync(rows_feed())
    assert (done.status, done.counts.added, done.counts.changed) == ("delivered", 120, 0)
    sync_tables(con, home)
    assert con.execute("select status, count(*) from activation.sync_rows group by 1 order by 1").fetchall() == [
        ("accepted", 120),
        ("unknown", 120),
    ]


def test_rows_that_a_crash_hid_the_refusal_of_are_tried_again(steps, receiver):
    receiver.remembers, receiver.refuses = True, {"b": "no such user"}
    steps.put({"a": "1", "b": "1"})
    broken(steps, receiver, 99, Killed())
    receiver.refuses = {}
    done = steps.sync(rows_feed())
    assert (done.counts.added, done.counts.unchanged) == (1, 1)
    assert receiver.table == {"a": ["1"], "b": ["1"]}


def test_a_refused_row_keeps_its_reason_without_its_key_until_it_is_taken(steps, receiver, con, home):
    receiver.refuses = {"b@example.jp": "user b@example.jp is unknown"}
    steps.put({"a": "1", "b@example.jp": "1"})
    first = steps.sync(rows_feed())
    assert (first.rejected, first.rejected_reasons) == (1, {"user ... is unknown": 1})
    again = steps.sync(rows_feed())
    assert (again.counts.added, again.counts.unchanged, again.rejected) == (1, 1, 1)
    receiver.refuses = {}
    steps.sync(rows_feed())
    assert receiver.table == {"a": ["1"], "b@example.jp": ["1"]}
    assert steps.sync(rows_feed()).status == "unchanged"
    sync_tables(con, home)
    found = con.execute("select status, reason from activation.sync_rows order by sync_id, status").fetchall()
    assert found == [
        ("accepted", None),
        ("rejected", "user ... is unknown"),
        ("rejected", "user ... is unknown"),
        ("accepted", None),
    ]


def test_a_refused_deletion_is_tried_again(steps, receiver):
    steps.put({"a": "1", "b": "1"})
    steps.sync(rows_feed())
    receiver.refuses = {"b": "it is locked"}
    steps.put({"a": "1"})
    assert steps.sync(rows_feed()).rejected == 1
    receiver.refuses = {}
    assert steps.sync(rows_feed()).counts.removed == 1
    assert receiver.table == {"a": ["1"]}


def test_a_row_of_a_full_feed_that_is_refused_though_it_was_there_is_tried_again(steps, receiver):
    full = rows_feed("full")
    steps.put({"a": "1", "b": "1"})
    steps.sync(full)
    receiver.refuses = {"a": "busy"}
    steps.put({"a": "1", "b": "2"})
    steps.sync(full)
    receiver.refuses = {}
    done = steps.sync(full)
    assert (done.status, done.counts.changed) == ("delivered", 1)


def test_a_row_refused_under_a_new_schema_is_tried_again_though_its_text_is_the_same(steps, receiver, con, home):
    steps.put({"a": "1", "b": "1"})
    steps.sync(rows_feed())
    renamed = feed_of(
        destination={"type": "rows"}, columns=[{"name": "key", "from": "id"}, {"name": "n", "from": "name"}]
    )
    receiver.refuses = {"a": "no such column"}
    assert steps.sync(renamed).rejected == 1
    sync_tables(con, home)
    assert con.execute("select count(*) from activation.sync_rows where status = 'rejected'").fetchone() == (1,)
    receiver.refuses = {}
    done = steps.sync(renamed)
    assert (done.counts.changed, done.counts.unchanged) == (1, 1)
    assert steps.sync(renamed).status == "unchanged"


def test_rows_that_may_never_have_arrived_do_not_trip_the_brake_when_they_go(steps, receiver):
    there = {f"k{n:03}": "x" for n in range(100)}
    steps.put(there)
    steps.sync(rows_feed())
    steps.put(there | {f"n{n:03}": "x" for n in range(100)})
    broken(steps, receiver, 50, OSError("it broke"))
    steps.put(there)
    assert steps.sync(rows_feed()).counts.removed == 100
    assert set(receiver.table) == set(there)


def test_a_held_back_row_stays_with_a_receiver_that_is_never_emptied(steps, receiver):
    full = rows_feed("full")
    for rows in ({"a": "1", "b": "1"}, {"a": "x" * 257, "b": "2"}):
        steps.put(rows)
        steps.sync(full)
    assert receiver.table == {"a": ["1"], "b": ["2"]}
    steps.put({"a": "1", "b": "2"})
    assert steps.sync(full).status == "unchanged"


DAYS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=3),
        st.none() | st.integers(0, 4),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@given(days=DAYS, remembers=st.booleans())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wherever_syncs_break_the_receiver_ends_with_the_current_rows(steps, receiver, home, days, remembers):
    receiver.table, receiver.receipts, receiver.remembers = {}, {}, remembers
    steps.empty()
    for rows, breaks_after, is_killed in days:
        steps.put(rows)
        receiver.breaks_after = breaks_after
        receiver.breaks_with = Killed() if is_killed else OSError("it broke")
        with contextlib.suppress(Killed, StageFailed):
            steps.sync(rows_feed())
    receiver.breaks_after = None
    steps.sync(rows_feed())
    assert receiver.table == {key: [text] for key, text in days[-1][0].items()}


def test_an_hourly_run_tells_what_a_receiver_refused_though_it_refused_every_row(
    steps, receiver, home, capsys, monkeypatch
):
    receiver.refuses = dict.fromkeys(("a", "b"), "no consent is known")
    steps.put({"a": "1", "b": "1"})
    before = summary.syncs(home)
    assert steps.sync(rows_feed()).status == "delivered"
    monkeypatch.setattr(summary, "load_feeds", lambda _: [rows_feed()])
    told = summary.of_activation(home, datetime(2026, 1, 5, 3, tzinfo=UTC), before)
    [feed] = told["feeds"]
    assert (feed["added"], feed["refused"]) == (2, 2)
    assert told["not_taken"] == [
        {"feed": "things", "what": "refused", "reason": "no consent is known", "rows": 2},
    ]
    summary.print_activation(told)
    shown = capsys.readouterr().out
    assert "no consent is known" in shown and "tried again" in shown


def test_rows_of_a_feed_that_is_no_longer_declared_are_not_said_to_be_tried_again(steps, receiver, home):
    receiver.refuses = {"b": "no consent is known"}
    steps.put({"a": "1", "b": "1"})
    steps.sync(rows_feed())
    assert [row["rows"] for row in not_taken(home, {"things"})] == [1]
    assert not_taken(home, {"others"}) == []
