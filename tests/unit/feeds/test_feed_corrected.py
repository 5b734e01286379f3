"""A destination whose YAML is wrong, and is corrected: whatever came of the wrong one, the feed goes on."""

from pathlib import Path
from typing import ClassVar

import pytest
from feed_steps import AS_OF, CUT_OFF, feed_of
from pydantic import BaseModel
from row_receiver import Killed

from dagster_project.activation.feeds import deliver_all, not_taken, prepare_all, read_prepared, record_erasure
from dagster_project.activation.feeds.destinations import DestinationFailed, Receipt, register, registry
from dagster_project.activation.feeds.ledger import FeedLedger
from dagster_project.errors import StageFailed


class DoorSettings(BaseModel):
    """`host` says which receiver it is; `key` only opens it."""

    WHERE: ClassVar[tuple[str, ...]] = ("host",)
    type: str
    host: str = "right"
    key: str = "right"


class Doors:
    """Receivers of syncs by host. Only that called `right` is there, and only the right key opens it."""

    def __init__(self) -> None:
        self.has: set[tuple[str, str]] = set()
        self.calls: list[str] = []
        self.dies: str | None = None  # 'before' or 'after' it has the sync

    def open(self, settings: DoorSettings, home: object) -> "Door":
        return Door(self, settings)


class Door:
    by_row, leaves_parts = False, False

    def __init__(self, doors: Doors, settings: DoorSettings):
        self.doors, self.settings = doors, settings

    def send(self, sync: tuple[str, str], folder: Path, names: list[str]) -> Receipt:
        if self.doors.dies == "before":
            raise Killed
        self._enter("send")
        self.doors.has.add(sync)
        if self.doors.dies == "after":
            raise Killed
        return Receipt("there")

    def holds(self, sync: tuple[str, str]) -> Receipt | None:
        self._enter("holds")
        return Receipt("there") if sync in self.doors.has else None

    def discard(self, sync: tuple[str, str]) -> None:
        self._enter("discard")

    def _enter(self, what: str) -> None:
        self.doors.calls.append(f"{what} {self.settings.host}")
        if (self.settings.host, self.settings.key) != ("right", "right"):
            raise DestinationFailed(f"{self.settings.host}: closed", sent_nothing=True)


@pytest.fixture
def doors(monkeypatch):
    monkeypatch.setattr(registry, "_REGISTERED", dict(registry._REGISTERED))
    one = Doors()
    register("door", DoorSettings, one.open)
    return one


def door_feed(**destination):
    return feed_of(destination={"type": "door", **destination})


@pytest.mark.parametrize("wrong", [{"host": "wrogn"}, {"key": "wrogn"}], ids=["address", "key"])
def test_where_nothing_was_sent_the_receiver_is_tried_once_and_the_corrected_feed_goes_on(steps, home, doors, wrong):
    steps.put({"a": "1"})
    with pytest.raises(StageFailed, match="closed"):
        steps.sync(door_feed(**wrong))
    assert len(doors.calls) == 1
    assert [record.status for record in FeedLedger(home, "things").records()] == ["failed"]
    assert steps.sync(door_feed()).counts.added == 1
    assert steps.sync(door_feed()).status == "unchanged"


def test_killed_on_the_way_to_a_wrong_address_the_feed_goes_on_at_the_right_one(steps, doors):
    steps.put({"a": "1"})
    doors.dies = "before"
    with pytest.raises(Killed):
        steps.sync(door_feed(host="wrogn"))
    doors.dies = None
    assert steps.sync(door_feed()).counts.added == 1
    assert doors.calls == ["send right"]


def test_killed_after_sending_the_receiver_is_asked_as_the_yaml_is_now(steps, home, doors):
    steps.put({"a": "1"})
    doors.dies = "after"
    with pytest.raises(Killed):
        steps.sync(door_feed())
    doors.dies = None
    with pytest.raises(StageFailed, match="cannot be asked what it has"):
        steps.sync(door_feed(key="wrogn"))
    assert steps.sync(door_feed()).status == "unchanged"
    assert FeedLedger(home, "things").delivered()[0].counts.added == 1


def test_a_sync_interrupted_before_the_feed_moved_is_adopted_when_the_feed_comes_back(steps, doors):
    steps.put({"a": "1"})
    doors.dies = "after"
    with pytest.raises(Killed):
        steps.sync(door_feed())
    doors.dies = None
    steps.sync(feed_of())
    assert steps.sync(door_feed()).status == "unchanged"


@pytest.fixture
def members(con):
    """put(customer -> name): rows that say whose they are."""
    con.execute("create table marts.members (customer_id varchar, id varchar, name varchar)")

    def put(rows: dict[str, str]) -> None:
        con.execute("delete from marts.members")
        for customer_id, name in rows.items():
            con.execute("insert into marts.members values (?, ?, ?)", [customer_id, f"m-{customer_id}", name])

    return put


def moved(**changes):
    """The members feed, to another folder than the usual."""
    return feed_of(source={"table": "members"}, destination={"type": "folder", "path": "other"}, **changes)


def day(con, home, feeds):
    """A daily run's syncs, as publish finds them in scratch."""
    list(prepare_all(con, home, feeds, AS_OF, CUT_OFF))
    prepared = read_prepared(home)
    return prepared, deliver_all(home, prepared)


@pytest.mark.parametrize("gone", ["c1", "c9"], ids=["a receiver to take back from", "none"])
def test_what_a_feed_holds_back_today_is_known_after_its_old_receiver_was_cleared(steps, members, home, con, gone):
    members({"c1": "x", "c2": "y"})
    steps.sync(feed_of(source={"table": "members"}))
    record_erasure(home, [gone])
    members({"c2": "y", "c3": "x" * 257} | ({"c1": "x"} if gone != "c1" else {}))
    prepared, done = day(con, home, [moved()])
    sent = ["things", "things"] if gone == "c1" else ["things"]
    assert [one.feed.feed_id for one in prepared] == sent
    assert {one.status for one in done} == {"delivered"}
    assert not list((home.scratch / "feeds").iterdir())
    assert not_taken(home, {"things"}) == [
        {"feed": "things", "what": "held back", "reason": "name: more than 256 bytes", "rows": 1}
    ]


def test_after_its_old_receiver_was_cleared_a_feed_is_known_as_it_is_declared(steps, members, home, con):
    members({"c1": "x", "c2": "y"})
    steps.sync(feed_of(source={"table": "members"}))
    record_erasure(home, ["c1"])
    day(con, home, [moved()])
    assert FeedLedger(home, "things").declaration() == moved()


def test_a_receiver_that_holds_no_erased_person_is_not_asked(steps, members, home, con, doors):
    members({"c1": "x"})
    doors.dies = "before"
    with pytest.raises(Killed):
        steps.sync(feed_of(source={"table": "members"}, destination={"type": "door", "host": "wrogn"}))
    doors.dies = None
    record_erasure(home, ["c9"])
    assert [one.status for one in day(con, home, [moved()])[1]] == ["delivered"]
    assert doors.calls == []
    record_erasure(home, ["c1"])  # whom the wrong address may have, for all that is known
    assert [one.status for one in day(con, home, [moved()])[1]] == ["delivered", "stopped"]
