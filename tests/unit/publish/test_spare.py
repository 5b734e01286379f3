"""What the database to publish is built upon: the one before the last, a copy of the last, or nothing."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from dagster_project.home import Home
from dagster_project.publish import changes, marts

READS = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True):
    print("reads", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a database published today, and a spare of yesterday."""
    home = Home.open(tmp_path / "home")
    _database(home.published, day=1)
    changes.keep_spare(home)
    _database(home.scratch / "new.duckdb", day=2)
    (home.scratch / "new.duckdb").replace(home.published)
    return home


def _database(file: Path, day: int) -> None:
    """What a publication leaves, as far as it is looked at before it is changed."""
    with duckdb.connect() as con:
        con.execute(f"attach '{file}' as made (storage_version 'v1.2.0'); use made; create schema made.marts")
        con.execute(f"create table made.marts.touchpoints as select {day} as day")
        con.execute("""comment on table made.marts.touchpoints is '{"batches": [], "until": "2026-05-01"}'""")


def _day_built_upon(home: Home) -> int | None:
    """The day of the database that is attached to be changed; None where it is a new one."""
    with duckdb.connect() as con:
        marts._attach(con, home)
        tables = con.execute("select count(*) from duckdb_tables() where database_name = 'publication'").fetchall()
        return con.execute("from publication.marts.touchpoints").fetchall()[0][0] if tables != [(0,)] else None


def _published_day(home: Home) -> int:
    with duckdb.connect() as con:
        con.execute(f"attach '{home.published}' as published (read_only)")
        return con.execute("from published.marts.touchpoints").fetchall()[0][0]


def test_the_one_before_the_last_is_built_upon_and_only_once(home: Home) -> None:
    assert _day_built_upon(home) == 1
    assert _day_built_upon(home) == 2  # the run died: the spare was changed by then
    assert _published_day(home) == 2


def test_what_is_published_is_never_built_upon_itself(home: Home) -> None:
    changes.keep_spare(home)  # the run dies before the new one takes the name
    assert _day_built_upon(home) == 2
    assert not (home.scratch / "marts.duckdb").samefile(home.published)


def test_one_that_somebody_still_reads_is_left_to_him(home: Home) -> None:
    reader = subprocess.Popen(
        [sys.executable, "-c", READS, home.scratch / "marts.before.duckdb"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reads\n"
        assert _day_built_upon(home) == 2


def test_one_that_a_backup_links_to_is_left_to_it(home: Home, tmp_path: Path) -> None:
    os.link(home.scratch / "marts.before.duckdb", tmp_path / "backup.duckdb")
    assert _day_built_upon(home) == 2


def test_a_damaged_one_is_passed_over(home: Home) -> None:
    (home.scratch / "marts.before.duckdb").write_bytes(b"no database")
    assert _day_built_upon(home) == 2
    home.published.write_bytes(b"no database")
    assert _day_built_upon(home) is None
