"""The warehouse is written anew after an erasure: at once where it is small, else within the days of the setting."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from dagster import DagsterRun

from dagster_project.cli import cli
from dagster_project.home import Home
from dagster_project.privacy import erase, freed_space, record
from dagster_project.privacy.persons import Erased
from dagster_project.privacy.record import Erasure, Request
from dagster_project.resources import HOURLY_JOB, _last_day_over
from dagster_project.run_context import RunContext

READS = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True):
    print("reads", flush=True)
    sys.stdin.read()
"""
DAY = date(2026, 3, 31)
REQUESTS = (Request("q-1", "email", "2026-03-31T00:00:00Z", "person"),)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose warehouse is too large to be written anew at once."""
    monkeypatch.setenv("KIZUNA_ERASURE_REWRITE_AT_ONCE_GB", "0")
    monkeypatch.setenv("KIZUNA_ERASURE_REWRITE_DAYS", "7")
    home = Home.open(tmp_path / "home")
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("create table kept as select n, 'row ' || n as what from range(5000) as numbers (n)")
        con.execute("create view seen as select * from kept where n > 4000")
    return home


def erased(home: Home, day: date, name: str = "e1", **given: str) -> None:
    record.write(home, Erasure(name, str(day), "", REQUESTS, **given).with_step("landing").with_step("warehouse"))


def file(home: Home) -> int:
    """Which file the warehouse is. That the new one holds nothing is held in tests/pipeline/test_erasure.py."""
    return home.warehouse.stat().st_ino


@contextmanager
def reader(file: Path) -> Iterator[None]:
    """An analyst who has the file open, in a process of his own."""
    with subprocess.Popen(
        [sys.executable, "-c", READS, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reads\n"
        yield
        process.communicate()


def test_the_published_file_is_written_anew_once_nobody_is_shown_in_it(home: Home) -> None:
    with duckdb.connect() as con:
        con.execute(f"attach '{home.published}' as published (storage_version 'v1.2.0')")
        con.execute("create schema published.marts; create table published.marts.orders as select 1 as order_id")
        con.execute("comment on table published.marts.orders is 'which batches it holds'")
    before = home.published.stat().st_ino
    erased(home, DAY)
    assert freed_space.compact(home)
    assert home.published.stat().st_ino == before  # the run has not published yet: it still shows him
    [done] = record.read_all(home)
    record.write(home, done.with_step("published"))
    found = freed_space.waiting(home)
    assert found is not None
    assert not freed_space.compact_if_due(home, DAY + timedelta(days=6))
    with reader(home.published):
        assert freed_space.compact_if_due(home, found.due_on)
    assert home.published.stat().st_ino != before
    assert freed_space.waiting(home) is None
    with duckdb.connect() as con:
        con.execute(f"attach '{home.published}' as published (read_only)")
        assert con.execute("from published.marts.orders").fetchall() == [(1,)]
        assert con.execute("select comment from duckdb_tables()").fetchall() == [("which batches it holds",)]
        [version] = con.execute(
            "select tags['storage_version'] from duckdb_databases() where database_name = 'published'"
        ).fetchone() or [""]
        assert version.startswith("v1.2.0")


def test_a_large_warehouse_waits_for_its_day(home: Home) -> None:
    before = file(home)
    assert not freed_space.compact_if_due(home, DAY)
    erased(home, DAY)
    erased(home, DAY + timedelta(days=3), "e2")
    assert not freed_space.compact_if_due(home, DAY + timedelta(days=6))
    assert file(home) == before
    found = freed_space.waiting(home)
    assert found == freed_space.Waiting(2, DAY, DAY + timedelta(days=7))
    assert freed_space.compact_if_due(home, DAY + timedelta(days=7))
    assert file(home) != before
    assert freed_space.waiting(home) is None
    assert not freed_space.compact_if_due(home, DAY + timedelta(days=8))
    with duckdb.connect(str(home.warehouse)) as con:
        assert con.execute("select n from kept").fetchall() == [(n,) for n in range(5000)]
        assert con.execute("select count(*) from seen").fetchall() == [(999,)]


@pytest.mark.parametrize("setting", [("AT_ONCE_GB", "1"), ("DAYS", "0"), ("DAYS", "seven"), ("AT_ONCE_GB", "two")])
def test_else_it_is_written_anew_at_once(home: Home, setting: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"KIZUNA_ERASURE_REWRITE_{setting[0]}", setting[1])
    erased(home, DAY)
    assert freed_space.compact_if_due(home, DAY)


def test_an_erasure_that_has_not_left_the_tables_yet_does_not_count(home: Home) -> None:
    record.write(home, Erasure("e1", str(DAY), "", REQUESTS).with_step("landing"))
    assert not freed_space.compact_if_due(home, DAY + timedelta(days=30))


def test_a_request_that_comes_again_does_not_put_it_off(home: Home) -> None:
    erased(home, DAY)
    [before] = record.read_all(home)
    run = RunContext.daily(DAY + timedelta(days=5), is_newest=True)
    again = erase._record("e1", run, Erased(REQUESTS, (), (), (), ()), {}, before)
    record.write(home, again.with_step("warehouse"))
    found = freed_space.waiting(home)
    assert found is not None
    assert found.due_on == DAY + timedelta(days=7)
    assert freed_space.compact_if_due(home, found.due_on)
    [done] = record.read_all(home)
    assert erase._record("e1", run, Erased(REQUESTS, (), (), (), ()), {}, done).in_file_since == ""


def run(job_name: str, day: date) -> DagsterRun:
    return DagsterRun(job_name, tags={"dagster/partition": str(day)})


def test_days_count_from_run_to_run() -> None:
    assert _last_day_over(run("daily", DAY), None) == DAY
    assert _last_day_over(run("daily", DAY), DAY - timedelta(days=1)) == DAY
    # A backfill does not turn time back, and a day on which an hourly run is under way is not over.
    assert _last_day_over(run("daily", date(2026, 1, 1)), DAY) == DAY
    assert _last_day_over(run(HOURLY_JOB, DAY), None) == DAY - timedelta(days=1)
    assert _last_day_over(None, None) == date.min


def test_the_command_says_what_waits_and_does_it(home: Home) -> None:
    before = file(home)
    erased(home, DAY)
    waits = CliRunner().invoke(cli, ["erasures", "--home", str(home.path)])
    assert "the run of 2026-04-07 writes them anew" in waits.stdout.replace("\n", " ")
    written = CliRunner().invoke(cli, ["erasures", "--rewrite", "--home", str(home.path), "--json"])
    assert (written.exit_code, json.loads(written.stdout)["rewrite_due_on"]) == (0, None)
    assert file(home) != before
