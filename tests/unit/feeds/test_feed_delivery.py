"""Delivery: manifest last, crashes at every point, destinations that fail or refuse rows, and the ledger's
tables.
"""

import json
import shutil
from pathlib import Path

import pytest
from feed_steps import AS_OF, feed_of, receive
from pydantic import BaseModel

from dagster_project.activation.feeds import (
    Feed,
    deliver,
    deliver_all,
    read_prepared,
    sync_tables,
)
from dagster_project.activation.feeds.destinations import (
    FolderDestination,
    Receipt,
    destination_identity,
    register,
    registry,
)
from dagster_project.activation.feeds.ledger import FeedLedger
from dagster_project.errors import StageFailed


class Killed(BaseException):
    """Stands for kill -9: nothing may catch it."""


def test_the_manifest_names_everything_and_is_written_last(steps, monkeypatch):
    copied = []

    copyfile = shutil.copyfile

    def copy(source, target):
        copied.append(Path(source).name)
        return copyfile(source, target)

    steps.put({"a": "1", "b": "2"})
    steps.sync(sync_id="20241231T150000Z")
    steps.put({"b": "2", "c": "3"})
    monkeypatch.setattr(shutil, "copyfile", copy)
    steps.sync(sync_id="20250101T150000Z")
    assert copied == ["data-0001.csv", "deletes-0001.csv", "manifest.json"]
    manifest = json.loads((steps.folders()[-1] / "manifest.json").read_text())
    assert manifest["feed_id"] == "things"
    assert manifest["sync_id"] == "20250101T150000Z"
    assert manifest["as_of"] == AS_OF.isoformat()
    assert manifest["mode"] == "mirror"
    assert manifest["columns"] == [{"name": "key", "type": "string"}, {"name": "name", "type": "string"}]
    assert manifest["counts"] == {"added": 1, "changed": 0, "removed": 1, "unchanged": 1, "held_back": 0}
    assert [(file["name"], file["rows"]) for file in manifest["files"]] == [
        ("data-0001.csv", 1),
        ("deletes-0001.csv", 1),
    ]
    assert all(set(file) == {"name", "rows", "bytes", "sha256"} for file in manifest["files"])
    assert manifest["previous_sync_id"] == "20241231T150000Z"
    assert steps.receive() == {"b": ["2"], "c": ["3"]}


@pytest.mark.parametrize("point", ["between files", "before the manifest", "before the rename", "after the rename"])
def test_killed_while_sending_the_receiver_ends_right_and_gets_nothing_twice(steps, home, monkeypatch, point):
    steps.put({"a": "1", "gone": "1"})
    steps.sync()
    steps.put({"a": "one", "b": "2"})
    kill_at(monkeypatch, point)
    with pytest.raises(Killed):
        steps.sync()
    monkeypatch.undo()
    sent = len(steps.folders())
    assert sent == (2 if point == "after the rename" else 1)
    again = steps.sync()
    assert again.status == ("unchanged" if sent == 2 else "delivered")
    assert steps.receive() == {"a": ["one"], "b": ["2"]}
    assert len(steps.folders()) == 2
    assert not (home.feeds / ".incoming").exists()
    assert not list((home.ledger / "feeds").rglob("*.tmp"))


def kill_at(monkeypatch, point: str) -> None:
    """Make the process die at `point` of a folder delivery."""

    def die(*_: object, **__: object):
        raise Killed

    if point == "after the rename":
        real = FolderDestination.send

        def send_and_die(self, *args):
            real(self, *args)
            raise Killed

        monkeypatch.setattr(FolderDestination, "send", send_and_die)
    elif point == "before the rename":
        monkeypatch.setattr(Path, "rename", die)
    else:
        real_copy = shutil.copyfile

        dies_at = {"between files": "deletes-0001.csv", "before the manifest": "manifest.json"}[point]

        def copy(source, target):
            if Path(source).name == dies_at:
                raise Killed
            return real_copy(source, target)

        monkeypatch.setattr(shutil, "copyfile", copy)


def test_killed_between_the_ledger_s_rows_and_its_record_nothing_was_sent(steps, home, monkeypatch):
    steps.put({"a": "1"})

    def die(*_: object):
        raise Killed

    monkeypatch.setattr(FeedLedger, "settle", die)
    with pytest.raises(Killed):
        steps.sync()
    monkeypatch.undo()
    assert steps.sync().counts.added == 1
    assert steps.receive() == {"a": ["1"]}
    assert len(list((home.ledger / "feeds" / "things").glob("*.parquet"))) == 1


def test_killed_twice_after_the_rename_the_sync_is_adopted_once(steps, monkeypatch):
    steps.put({"a": "1"})
    kill_at(monkeypatch, "after the rename")
    with pytest.raises(Killed):
        steps.sync()
    steps.put({"a": "2"})
    with pytest.raises(Killed):
        steps.sync()
    monkeypatch.undo()
    assert steps.sync().status == "unchanged"
    assert steps.receive() == {"a": ["2"]}


def test_a_destination_that_fails_stops_its_own_feed_only(steps, home, con):
    steps.put({"a": "1"})
    bad, good = feed_of(feed_id="bad", destination={"type": "folder", "path": "blocked"}), feed_of()
    (home.feeds / "blocked").write_text("a file where a folder should be")
    prepared = [steps.prepare(bad), steps.prepare(good)]
    first, second = deliver_all(home, prepared)
    assert (first.status, second.status) == ("failed", "delivered")
    assert "feed bad was not delivered" in first.message
    assert "kizuna sync bad" in first.message
    with pytest.raises(StageFailed, match="feed bad"):
        steps.sync(bad)
    (home.feeds / "blocked").unlink()
    assert steps.sync(bad).counts.added == 1


def test_rows_that_the_receiver_refuses_are_kept_with_its_reason_and_tried_again(steps, home, con):
    refusing = {"b"}

    class PickyFolder(FolderDestination):
        def send(self, sync, folder, names):
            receipt = super().send(sync, folder, names)
            return Receipt(receipt.place, tuple((key, "no such user") for key in sorted(refusing)))

    class PickySettings(BaseModel):
        type: str
        path: str = "."

    register("picky", PickySettings, PickyFolder)
    try:
        feed = feed_of(destination={"type": "picky"})
        steps.put({"a": "1", "b": "2"})
        assert steps.sync(feed).rejected == 1
        sync_tables(con, home)
        assert con.execute("select op, status, reason from activation.sync_rows order by status").fetchall() == [
            ("added", "accepted", None),
            ("added", "rejected", "no such user"),
        ]
        refusing.clear()
        again = steps.sync(feed)
        assert (again.counts.added, again.counts.unchanged, again.rejected) == (1, 1, 0)
        assert steps.sync(feed).status == "unchanged"
    finally:
        registry._REGISTERED.pop("picky")


def test_a_receiver_that_takes_its_files_away_is_sent_nothing_anew(steps, home):
    steps.put({"a": "1"})
    steps.sync()
    shutil.rmtree(home.feeds / "things")
    assert steps.sync().status == "unchanged"


def test_many_syncs_are_folded_into_a_snapshot_that_may_be_deleted(steps, home, monkeypatch):
    monkeypatch.setattr("dagster_project.activation.feeds.ledger.SNAPSHOT_AFTER", 3)
    ledger = FeedLedger(home, "things")
    for n in range(10):
        steps.put({"a": str(n), f"k{n}": "x", **({"late": "y"} if n > 6 else {})})
        steps.sync()
        assert len(FeedLedger(home, "things").accepted_files(destination_identity(feed_of().destination))) <= 3
    assert steps.sync().status == "unchanged"
    assert steps.receive() == {"a": ["9"], "k9": ["x"], "late": ["y"]}
    shutil.rmtree(ledger.folder / "accepted")
    assert steps.sync().status == "unchanged"


def test_prepared_syncs_wait_in_scratch_until_publish_delivers_them(steps, home):
    steps.put({"a": "1"})
    steps.prepare()
    assert not list(home.feeds.iterdir())
    assert not (home.ledger / "feeds").exists()
    [waiting] = read_prepared(home)
    assert isinstance(waiting.feed, Feed)
    assert deliver(home, waiting).status == "delivered"
    assert receive(home) == {"a": ["1"]}


def test_the_tables_tell_every_sync_and_every_row_without_the_key(steps, home, con):
    steps.put({f"k{n}": "x" for n in range(100)})
    steps.sync()
    steps.put({f"k{n}": "x" for n in range(99)} | {"new": "y", "long": "x" * 257})
    steps.sync()
    steps.put({})
    with pytest.raises(StageFailed):
        steps.sync()
    sync_tables(con, home)
    runs = con.execute(
        "select status, added, changed, removed, unchanged, held_back, is_full,"
        " delivered_at is not null, previous_sync_id is not null from activation.sync_runs"
        " order by sync_id"
    ).fetchall()
    assert runs == [
        ("delivered", 100, 0, 0, 0, 0, True, True, False),
        ("delivered", 1, 0, 1, 99, 1, False, True, True),
        ("stopped", 0, 0, 100, 0, 0, False, False, True),
    ]
    rows = con.execute(
        "select op, status, reason, count(*), count(distinct row_key) from activation.sync_rows"
        " where sync_id = (select max(sync_id) from activation.sync_runs where status = 'delivered')"
        " group by all order by op"
    ).fetchall()
    assert rows == [
        ("added", "accepted", None, 1, 1),
        ("held_back", "held_back", "name: more than 256 bytes", 1, 1),
        ("removed", "accepted", None, 1, 1),
    ]
    assert con.execute(
        "select count(*) from activation.sync_rows where row_key in ('new', 'long', 'k99')"
    ).fetchone() == (0,)
    table = con.execute("from activation.sync_rows order by all").fetchall()
    con.execute("drop table activation.sync_rows")
    sync_tables(con, home, as_view=True)  # of an hourly run
    assert con.execute("from activation.sync_rows order by all").fetchall() == table


def test_the_tables_are_there_before_the_first_sync(home, con):
    sync_tables(con, home)
    assert con.execute("select count(*) from activation.sync_runs").fetchone() == (0,)
    assert con.execute("select count(*) from activation.sync_rows").fetchone() == (0,)
