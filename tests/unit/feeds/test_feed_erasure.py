"""An erased person's rows are deleted wherever a feed had sent them, past the brake, and nothing names the person."""

import hashlib
import json
from datetime import datetime

import pytest
from feed_steps import AS_OF, CUT_OFF, feed_of, receive
from row_receiver import last_manifest

from dagster_project.activation.feeds import (
    deliver,
    deliver_all,
    dry_run,
    forget_erased,
    forgetting,
    prepare_all,
    readmit,
    record_erasure,
    rows_left,
    sync_tables,
    take_back,
)
from dagster_project.errors import StageFailed


@pytest.fixture
def members(con, steps):
    """put(customer -> key): rows that say whose they are."""
    con.execute("create table marts.members (customer_id varchar, id varchar, name varchar)")

    def put(rows: dict[str, str]) -> None:
        con.execute("delete from marts.members")
        for customer_id, key in rows.items():
            con.execute("insert into marts.members values (?, ?, 'x')", [customer_id, key])

    return put


def members_feed(**changes):
    return feed_of(source={"table": "members"}, **changes)


@pytest.mark.parametrize("mode", ["mirror", "upsert", "full"])
@pytest.mark.parametrize("is_in_marts", [True, False])
def test_an_erased_person_is_deleted_in_every_mode_though_the_marts_may_still_hold_him(
    steps, members, home, mode, is_in_marts
):
    feed = members_feed(mode=mode)
    members({"c1": "m1", "c2": "m2"})
    steps.sync(feed)
    record_erasure(home, ["c1"])
    members({"c1": "m1", "c2": "m2"} if is_in_marts else {"c2": "m2"})
    assert steps.sync(feed).counts.removed == 1
    assert receive(home) == {"m2": ["x"]}
    again = steps.sync(feed)
    assert again.status == "unchanged"
    assert again.held_back_reasons == ({"erased": 1} if is_in_marts else {})


def test_who_comes_back_after_an_erasure_and_is_readmitted_is_sent_again(steps, members, home):
    members({"c1": "m1"})
    steps.sync(members_feed())
    record_erasure(home, ["c1", "c1-alias"])
    steps.sync(members_feed())
    readmit(home, ["c1"])
    assert steps.sync(members_feed()).counts.added == 1


def test_erasures_pass_the_brake_and_the_rest_of_the_sync_waits_behind_it(steps, members, home, con):
    members({f"c{n}": f"m{n}" for n in range(200)})
    steps.sync(members_feed())
    record_erasure(home, ["c0", "c1"])
    members({f"c{n}": f"m{n}" for n in range(2, 100)})
    with pytest.raises(StageFailed, match=r"would remove 100 of 200 .* 2 deletions of erased persons were sent"):
        steps.sync(members_feed())
    assert len(receive(home)) == 198
    assert not {"m0", "m1"} & set(receive(home))
    assert (last_manifest(home.feeds / "things")["mode"], last_manifest(home.feeds / "things")["is_full"]) == (
        "upsert",
        False,
    )
    sync_tables(con, home)
    assert con.execute("select status, removed from activation.sync_runs order by sync_id desc limit 2").fetchall() == [
        ("stopped", 102),
        ("delivered", 2),
    ]
    steps.sync(members_feed(), force=True)
    assert len(receive(home)) == 98


def test_many_erasures_alone_never_brake(steps, members, home):
    members({f"c{n}": f"m{n}" for n in range(100)})
    steps.sync(members_feed())
    record_erasure(home, [f"c{n}" for n in range(60)])
    assert steps.sync(members_feed()).counts.removed == 60


def test_an_erased_person_is_deleted_where_the_feed_went_before_and_where_it_is_no_longer_declared(
    steps, members, home, con
):
    members({"c1": "m1", "c2": "m2"})
    gone = members_feed(feed_id="gone")
    moved = members_feed(destination={"type": "folder", "path": "other"})
    for feed in (gone, members_feed(), moved):
        steps.sync(feed)
    record_erasure(home, ["c1"])
    members({"c2": "m2"})
    done = deliver_all(home, list(prepare_all(con, home, [moved], AS_OF, CUT_OFF)))
    assert [(one.feed_id, one.status, one.counts.removed) for one in done] == [
        ("things", "delivered", 1),
        ("gone", "delivered", 1),
        ("things", "delivered", 1),
    ]
    assert receive(home, "gone") == receive(home) == receive(home, "other/things") == {"m2": ["x"]}
    assert rows_left(home, {"things"}) == {"gone": 1}


def test_a_feed_that_is_no_longer_declared_is_taken_back_with_force_alone(steps, home, con):
    steps.put({"a": "1", "b": "2"})
    steps.sync()
    with pytest.raises(StageFailed, match=r"no longer declared, and its receiver still holds 2 rows: .* --force"):
        deliver(home, take_back(con, home, feed_of(), AS_OF, CUT_OFF))
    assert len(receive(home)) == 2
    assert deliver(home, take_back(con, home, feed_of(), AS_OF, CUT_OFF, force=True)).counts.removed == 2
    assert receive(home) == {}
    assert rows_left(home, set()) == {}


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_when_a_deletion_was_accepted_nothing_names_the_person_any_more(steps, members, home, con, monkeypatch, form):
    feed = members_feed(format=form)
    members({"c1": 'm1 "quoted", x', "c2": "m2"})
    steps.sync(feed, sync_id="20240101T000000Z")
    sync_tables(con, home)
    known = con.execute("select * from activation.sync_rows order by all").fetchall()
    record_erasure(home, ["c1"])
    forget_erased(home)
    assert naming(home, "quoted")  # the receiver has not deleted him yet
    members({"c2": "m2"})
    steps.sync(feed, sync_id="20240102T000000Z")
    monkeypatch.setattr(forgetting, "utc_now", lambda: datetime(2024, 1, 3))
    forget_erased(home)
    assert [path.name for path in naming(home, "quoted")] == [f"deletes-0001.{form}"]
    monkeypatch.setattr(forgetting, "utc_now", lambda: datetime(2024, 3, 1))
    forget_erased(home)
    assert naming(home, "quoted") == []
    for manifest in home.feeds.rglob("manifest.json"):
        for file in json.loads(manifest.read_text())["files"]:
            content = (manifest.parent / file["name"]).read_bytes()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
            assert content.decode().count("\n") == file["rows"] + (form == "csv")
    assert steps.sync(feed).status == "unchanged"
    con.execute("drop table activation.sync_rows")
    sync_tables(con, home)
    assert set(known) <= set(con.execute("select * from activation.sync_rows").fetchall())


def naming(home, word: str) -> list:
    """The files under ledger and feeds that hold `word`, inside Parquet too."""
    import duckdb

    found = []
    for path in sorted([*home.ledger.rglob("*"), *home.feeds.rglob("*")]):
        if path.suffix == ".parquet":
            with duckdb.connect() as con:
                text = str(con.execute(f"select * from read_parquet('{path}')").fetchall())
        else:
            text = path.read_text() if path.is_file() else ""
        if word in text:
            found.append(path)
    return found


def test_a_dry_run_says_who_is_erased(steps, members, home, con):
    members({"c1": "m1"})
    steps.sync(members_feed())
    record_erasure(home, ["c1"])
    shown = dry_run(con, home, members_feed())
    assert (shown.counts.removed, shown.counts.erased, shown.stopped_because) == (1, 1, None)
