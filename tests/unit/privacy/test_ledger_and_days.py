"""What the ledger, published days and lists keep of an erased person."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dagster_project.activation.scenarios.ledger import COLUMNS
from dagster_project.files import copy_rows
from dagster_project.home import Home
from dagster_project.landing import manifest
from dagster_project.landing.contract import sources
from dagster_project.landing.manifest import Landed
from dagster_project.privacy import landed, record, steps, tombstones
from dagster_project.privacy.published import erase_published
from dagster_project.privacy.record import Erasure, Request
from dagster_project.sql import dicts
from tests.unit.privacy import landed_files


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home")


def write(path: Path, rows: str) -> None:
    """The rows of a query as Parquet."""
    with duckdb.connect() as con:
        copy_rows(con, rows, path)


def read(path: Path) -> list[dict]:
    """The rows of a Parquet file."""
    with duckdb.connect() as con:
        return dicts(con.execute("select * from read_parquet(?) order by all", [str(path)]))


def write_ledger(path: Path, what: str, *rows: dict[str, str]) -> None:
    """A file of the ledger with what is given of each row."""
    with duckdb.connect() as con:
        con.execute(f"create table rows ({COLUMNS[what]})")
        for row in rows:
            told = ", ".join(f"'{value}' as {name}" for name, value in row.items())
            con.execute(f"insert into rows by name select {told}")
        copy_rows(con, "select * from rows", path)


def test_steps_of_an_erased_person_are_accounted_for_and_no_more(home: Home) -> None:
    steps_file, held_file = (home.ledger / what / "2026-03-01.parquet" for what in ("scenario_steps", "suppressions"))
    of = {"as_of": "2026-03-01", "scenario_id": "cart", "run_id": "2026-03-01"}
    write_ledger(
        steps_file,
        "scenario_steps",
        of | {"step": "a", "customer_id": "old", "trigger": "ec:o1", "product_id": "p1"},
        of | {"step": "b", "customer_id": "gone", "trigger": "ec:o1", "product_id": "p1"},
        of | {"step": "a", "customer_id": "stays", "trigger": "ec:o2", "product_id": "p2"},
    )
    write_ledger(
        held_file,
        "suppressions",
        of | {"step": "b", "customer_id": "gone", "trigger": "ec:o1", "reason": "holdout"},
        of | {"step": "c", "customer_id": "stays", "trigger": "ec:o2", "reason": "consent"},
    )
    before = steps_file.read_bytes()
    assert steps.forget(home, ["gone", "old"]) == 3
    assert [(row["customer_id"], row["trigger"]) for row in read(steps_file)] == [("stays", "ec:o2")]
    after = read(held_file)
    told = sorted((row["customer_id"], row["step"], row["reason"]) for row in after)
    assert told == [("gone", "b", "erased"), ("old", "a", "erased"), ("stays", "c", "consent")]
    assert "o1" not in str(after)
    # Again, and after a stop between the two files, it ends the same.
    assert steps.forget(home, ["gone", "old"]) == 0
    steps_file.write_bytes(before)
    assert steps.forget(home, ["gone", "old"]) == 2
    assert read(held_file) == after
    assert [row["customer_id"] for row in read(steps_file)] == ["stays"]


def test_a_published_day_loses_the_person_and_keeps_its_sales(home: Home) -> None:
    day = home.marts / "2026-02-28"
    tables = {
        "customers": "select 'gone' as customer_id, ['m1'] as member_ids union all select 'stays', ['m2']",
        "orders": "select 'ec:o1' as order_id, 'gone' as customer_id, 'TARO10' as coupon_code, 5 as net_amount"
        " union all select 'ec:o2', 'stays', 'ALL', 7",
        "touchpoints": "select 'ec_order_items' as source, 'o1:1' as source_key, 'gone' as customer_id"
        " union all select 'web_events', 'w1', 'gone' union all select 'web_events', 'w2', null",
        "identity_edges": "select 'h1' as left_hash, 'h2' as right_hash union all select 'h3', 'h4'",
        "customer_aliases": "select 'gone' as alias_id, 'gone' as customer_id, 'current' as why"
        " union all select 'stays', 'stays', 'current'",
        "kpi_daily": "select date '2026-02-28' as day, 'net_sales' as metric, 12 as value",
    }
    for mart, rows in tables.items():
        write(day / f"{mart}.parquet", rows)
    untouched = (day / "kpi_daily.parquet").stat().st_ino
    lines = [{"feed_row_id": "r1", "customer_id": "gone"}, {"feed_row_id": "r2", "customer_id": "stays"}]
    target = home.targets / "cart" / "2026-02-28.jsonl"
    target.parent.mkdir()
    target.write_text("".join(json.dumps(line) + "\n" for line in lines))
    erasure = Erasure("e1", "2026-03-01", "2026-03-01T00:00:00Z", (), ("gone",), done={"warehouse": "x"})
    record.write(home, erasure)
    record.hashes_file(home, "e1").write_text(json.dumps(["h1"]))
    assert record.unfinished(home, "published", after="warehouse")
    erase_published(home)
    found = {mart: [tuple(row.values()) for row in read(day / f"{mart}.parquet")] for mart in tables}
    assert found["customers"] == [("stays", ["m2"])]
    assert found["orders"] == [("ec:o1", None, None, 5), ("ec:o2", "stays", "ALL", 7)]
    assert found["touchpoints"] == [("ec_order_items", "o1:1", None), ("web_events", "w2", None)]
    assert found["identity_edges"] == [("h3", "h4")]
    assert found["customer_aliases"] == [("gone", None, "erased"), ("stays", "stays", "current")]
    assert (day / "kpi_daily.parquet").stat().st_ino == untouched
    assert target.read_text() == json.dumps(lines[1]) + "\n"
    assert not record.unfinished(home, "published", after="warehouse")
    assert not record.hashes_file(home, "e1").exists()
    [kept] = record.read_all(home)
    assert kept.published_rows["2026-02-28/orders.parquet"] == 1


def test_an_erasure_that_was_stopped_in_landing_ends_as_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = []
    for name in ("undisturbed", "stopped"):
        home = Home.open(tmp_path / name)
        files = [_land(home, number) for number in (1, 2, 3)]
        # One was withdrawn: whoever restores it must not bring the person back.
        manifest.append(home, [{"entry": "withdrawn", "file_id": files[2].file_id, "at": manifest.now()}])
        stones = tombstones.write(home, "e1", [("member_id", "m1", False)])
        if name == "stopped":
            with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
                patched.setattr(landed, "overwrite", _stopping_at_the_second(landed.overwrite))
                landed.erase(home, landed.find(home, stones), lambda _: None)
        found = landed.find(home, stones)
        assert len(found) == (2 if name == "stopped" else 3)
        landed.erase(home, found, lambda _: None)
        assert landed.find(home, stones) == {}
        contents.append([landed_files.read(manifest.parquet_path(home, file)) for file in files])
        noted = [line for line in (home.landing / "manifest.jsonl").read_text().splitlines() if '"erased"' in line]
        assert {json.loads(line)["file_id"] for line in noted} == {file.file_id for file in files}
    assert contents[0] == contents[1]
    assert contents[0][0] == [
        {"_line_no": 2, "_problem": "erased"},
        {"_line_no": 3, "review_id": "r1", "member_id": "m2"},
    ]


def _stopping_at_the_second(overwrite: Callable[..., set[str]]) -> Callable[..., set[str]]:
    done: list[object] = []

    def stopping(path: Path, *given: object) -> set[str]:
        done.append(path)
        if len(done) == 2:
            raise KeyboardInterrupt
        return overwrite(path, *given)

    return stopping


def _land(home: Home, number: int) -> Landed:
    file = Landed(
        "reviews",
        f"file{number}",
        f"{number}.csv",
        "csv",
        "",
        0,
        2,
        0,
        sources()["reviews"].column_names,
        number,
        1,
        "x",
    )
    rows: list[landed_files.Row] = [
        {"review_id": "r0", "member_id": "m1", "body": "hello"},
        {"review_id": f"r{number}", "member_id": "m2"},
    ]
    landed_files.write(manifest.parquet_path(home, file), "reviews", rows)
    manifest.add_landing(home, [file])
    return file


def test_the_same_requests_are_one_erasure_and_the_record_survives_its_reading(home: Home) -> None:
    requests = (Request("q1", "email", "2026-03-01T00:00:00Z", "person"),)
    erasure = Erasure(record.id_of(list(requests)), "2026-03-01", manifest.now(), requests, ("c1",), {"email": 1})
    record.write(home, erasure)
    assert record.read_all(home) == [erasure]
    assert record.unfinished(home, "landing") == [erasure]
    record.write(home, erasure.with_step("landing"))
    assert record.unfinished(home, "landing") == []
