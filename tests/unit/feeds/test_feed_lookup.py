"""Rows that the ledger knows are not written to be compared; and what must be looked at again all the same."""

import sys

import duckdb
import pytest
from feed_steps import feed_of

from dagster_project.activation.feeds import difference, dry_run
from dagster_project.activation.feeds.ledger import FeedLedger


@pytest.fixture
def written(monkeypatch):
    """How many rows each comparison wrote as text."""
    counts = []
    compare = difference.compare

    def counted(con, *args, **options):
        found = compare(con, *args, **options)
        counts.append(con.execute("select count(*) from feed_rows").fetchone()[0])
        return found

    monkeypatch.setattr(sys.modules["dagster_project.activation.feeds.prepare"], "compare", counted)
    return counts


def numbered(count: int, **changed: str) -> dict[str, str]:
    return {f"k{n:03}": "x" for n in range(count)} | changed


def test_a_day_writes_the_rows_that_changed_and_no_others(steps, written):
    steps.put(numbered(100))
    steps.sync()
    steps.put(numbered(100, k007="y", new="z"))
    counts = steps.sync().counts
    assert (counts.changed, counts.added, counts.unchanged) == (1, 1, 99)
    steps.put(numbered(100, k007="y"))
    assert steps.sync().counts.removed == 1
    assert written == [100, 2, 0]


def test_another_version_of_the_engine_compares_texts_once_and_sends_what_changed(steps, written, monkeypatch):
    steps.put(numbered(100))
    steps.sync()
    monkeypatch.setattr(duckdb, "__version__", "99.0")
    assert steps.sync().status == "unchanged"
    for text in ("1", "2"):
        steps.put(numbered(100, k000=text))
        assert steps.sync().counts.changed == 1
    assert written == [100, 100, 100, 1]


def test_a_key_that_comes_twice_on_a_later_day_is_held_back_though_one_row_of_it_is_known(steps, con):
    steps.put({"a": "1", "b": "1"})
    steps.sync()
    con.execute("insert into marts.things (id, name) values ('a', '2')")
    assert (steps.prepare().counts.held_back, steps.prepare().counts.unchanged) == (2, 1)
    con.execute("update marts.things set name = '1'")
    assert (steps.prepare().counts.held_back, steps.prepare().counts.unchanged) == (2, 1)
    assert steps.prepare().counts.removed == 0


def test_a_value_whose_text_is_the_same_is_not_sent_again(steps, con):
    feed = feed_of(columns=[{"name": "key", "from": "id"}, {"name": "at", "type": "timestamp", "from": "sent_at"}])
    con.execute("insert into marts.things (id, sent_at) values ('a', '2024-01-01 00:00:00.1'), ('b', '2024-01-01')")
    steps.sync(feed)
    con.execute("update marts.things set sent_at = '2024-01-01 00:00:00.2' where id = 'a'")
    assert steps.sync(feed).status == "unchanged"


def test_a_row_that_moves_to_another_customer_is_known_to_be_his(steps, con, home):
    con.execute("create table marts.owned (customer_id varchar, id varchar, name varchar)")
    con.execute("insert into marts.owned values ('c1', 'a', 'x'), ('c1', 'b', 'x')")
    feed = feed_of(source={"table": "owned"})
    steps.sync(feed)
    con.execute("update marts.owned set customer_id = 'c2' where id = 'a'")
    assert steps.sync(feed).status == "unchanged"
    con.execute("update marts.owned set name = 'y' where id = 'b'")
    assert steps.sync(feed).counts.changed == 1
    [newest] = sorted((home.ledger / "feeds" / "things").glob("*.parquet"))[-1:]
    assert con.execute(f"select key, customer_id, op from '{newest}' order by key").fetchall() == [
        ("a", "c2", "unchanged"),
        ("b", "c1", "changed"),
    ]


@pytest.mark.parametrize("mode", ["mirror", "upsert", "full"])
def test_a_feed_whose_destination_changed_starts_anew_and_each_receiver_is_known_by_itself(steps, home, mode):
    here, there = feed_of(mode=mode), feed_of(mode=mode, destination={"type": "folder", "path": "there"})
    steps.put({"a": "1", "b": "1"})
    steps.sync(here)
    steps.put({"b": "1", "c": "1"})
    moved = steps.sync(there)
    assert (moved.counts.added, moved.counts.removed) == (2, 0)
    assert "destination has changed" in moved.remark
    assert steps.sync(there).status == "unchanged"
    back = steps.sync(here)
    assert (back.counts.added, back.counts.removed, back.counts.unchanged) == (1, 1, 1)
    assert steps.receive() == {"b": ["1"], "c": ["1"]}


def test_a_large_share_of_later_rows_makes_a_snapshot_and_nothing_is_sent_again(steps, home, monkeypatch):
    monkeypatch.setattr("dagster_project.activation.feeds.ledger.SNAPSHOT_ROWS", 5)
    for rows in (numbered(20), numbered(20, k000="y"), numbered(30), numbered(9)):
        steps.put(rows)
        steps.sync(feed_of(limits={"max_removed_share": 1}))
    ledger = FeedLedger(home, "things")
    assert len(list(ledger.folder.glob("accepted/*/*.parquet"))) == 1
    assert steps.sync().status == "unchanged"
    assert steps.receive() == {key: [text] for key, text in numbered(9).items()}


def test_a_dry_run_names_samples_of_each_kind_and_a_sync_that_was_interrupted(steps, con, home, receiver):
    feed = feed_of(destination={"type": "rows"})
    steps.put({"a": "1", "b": "1"})
    receiver.breaks_after, receiver.breaks_with = 1, KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        steps.sync(feed)
    shown = dry_run(con, home, feed, first=1)
    assert (shown.first, shown.counts.added) == ([("added", "a", "a,1")], 2)
    assert "interrupted" in shown.remark


def test_a_source_may_have_columns_of_any_name(steps, con):
    con.execute(
        "create table marts.odd (key varchar, quick varchar, raw_key varchar, line varchar, c0 varchar, t0 varchar)"
    )
    names = ("key", "quick", "raw_key", "line", "c0", "t0")
    feed = feed_of(source={"table": "odd"}, columns=[{"name": name} for name in names])
    con.execute("insert into marts.odd values ('a', '1', '2', '3', '4', '5'), ('b', '1', '2', '3', '4', '5')")
    steps.sync(feed)
    con.execute("update marts.odd set t0 = '6' where key = 'a'")
    assert steps.sync(feed).counts.changed == 1
    assert steps.receive() == {"a": ["1", "2", "3", "4", "6"], "b": ["1", "2", "3", "4", "5"]}
