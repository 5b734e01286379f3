"""Writing the marts where others read them: one DuckDB file and Parquet, built aside, swapped in by rename.

A reader that holds the old file open keeps reading the old file; nobody ever sees half of a new one.
"""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import duckdb

from dagster_project.files import replace, sync
from dagster_project.home import Home
from dagster_project.publish import changes
from dagster_project.publish.catalog import MARTS, selection
from dagster_project.sql import literal
from dagster_project.warehouse import PUBLISHED_STORAGE

# Level 1 takes a quarter less processor time than the default, and a seventh more space. A column of more than a few
# thousand values in a row group gains nothing by a dictionary of them (docs/plans.md).
PARQUET = "(format parquet, compression zstd, compression_level 1, dictionary_size_limit 4000)"
AT_A_TIME = 2  # marts


def build(
    con: duckdb.DuckDBPyConnection, home: Home, as_of: date, with_database: bool, report: Callable[[str, int], None]
) -> dict[str, int]:
    """Build the day's Parquet, and marts.duckdb where `with_database`, in scratch; returns mart -> rows.

    A published backfill writes Parquet only: the published database is the newest day's.
    """
    folder = _scratch_parquet(home, as_of)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    if with_database:
        _attach(con, home)
    try:
        rows = _write_all(con, folder, with_database, report)
        if with_database:
            changes.note(con)
            con.execute("checkpoint publication")  # what is renamed is the file alone
    finally:
        if with_database:
            con.execute("detach publication")
    return rows


def _write_all(
    con: duckdb.DuckDBPyConnection, folder: Path, with_database: bool, report: Callable[[str, int], None]
) -> dict[str, int]:
    """Write every mart, two at a time: a table that is written in order keeps only one processor busy.

    Of marts that are changed in place the order of rows means nothing by then, and to keep it costs a third of writing
    their Parquet: their row groups come as they are ready.
    """

    def write(mart: str) -> int:
        with con.cursor() as own:
            return _write(own, mart, literal(folder / f"{mart}.parquet"), with_database)

    rows = {}
    try:
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            for is_ordered in (False, True):
                con.execute(f"set preserve_insertion_order = {is_ordered}")  # of all connections of this process
                marts = [mart for mart in MARTS if (mart not in changes.BY_BATCH) == is_ordered]
                for mart, count in zip(marts, pool.map(write, marts), strict=True):
                    rows[mart] = count
                    report(mart, count)
    finally:
        con.execute("set preserve_insertion_order = true")
    return {mart: rows[mart] for mart in MARTS}


def _write(con: duckdb.DuckDBPyConnection, mart: str, target: str, with_database: bool) -> int:
    """Write one mart's Parquet, and its table where `with_database`; returns how many rows it has."""
    if not with_database:
        con.execute(f"copy ({selection(mart)}) to {target} {PARQUET}")
        counted = f"select count(*) from read_parquet({target})"
    else:
        if not changes.bring_up_to_date(con, mart):
            con.execute(f"create or replace table publication.marts.{mart} as {selection(mart)}")
        con.execute(f"copy publication.marts.{mart} to {target} {PARQUET}")
        counted = f"select count(*) from publication.marts.{mart}"
    return int(con.execute(counted).fetchall()[0][0])


def _attach(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Attach the database to build as `publication`: one published earlier, to change little in it, or new."""
    database = _scratch_database(home)
    attach = f"attach {literal(database)} as publication (storage_version {literal(PUBLISHED_STORAGE)})"
    _remove(database)
    for start_from in (changes.take_spare, changes.copy_published):
        if start_from(home, database):
            try:
                con.execute(attach)
                if changes.keep_marts(con):
                    return
                con.execute("detach publication")
            except duckdb.Error:  # a damaged file is no ground to build on, nor one that somebody reads
                con.execute("detach database if exists publication")
            _remove(database)
    con.execute(attach)
    con.execute("create schema publication.marts")


def _remove(database: Path) -> None:
    for file in (database, database.with_name(database.name + ".wal")):
        file.unlink(missing_ok=True)


def swap(home: Home, as_of: date, with_database: bool) -> None:
    """Put what `build` made into place. Each part is one rename; doing it again changes nothing."""
    folder, database = _scratch_parquet(home, as_of), _scratch_database(home)
    if folder.exists():
        for file in folder.iterdir():
            sync(file)
        replace(folder, home.marts / str(as_of))
    if with_database and database.exists():
        sync(database)
        changes.keep_spare(home)
        replace(database, home.published)


def forget_old_days(home: Home, newest: date, keep_days: int) -> list[str]:
    """Delete the Parquet of published days that are neither among the last `keep_days` nor month ends."""
    gone = []
    for folder in sorted(home.marts.iterdir()):
        day = _day(folder)
        if day is None or (day + timedelta(days=1)).day == 1 or day > newest - timedelta(days=keep_days):
            continue
        shutil.rmtree(folder)
        gone.append(folder.name)
    return gone


def _day(folder: Path) -> date | None:
    try:
        return date.fromisoformat(folder.name)
    except ValueError:
        return None


def _scratch_parquet(home: Home, as_of: date) -> Path:
    return home.scratch / "marts" / str(as_of)


def _scratch_database(home: Home) -> Path:
    return home.scratch / "marts.duckdb"
