"""The touchpoints of the database that is published next: those of the last one, with what has changed since.

They are most of its bytes, and a day changes few of them. Every build of `core.int_core__touchpoints` gives the rows
that it writes a batch of their own, and a row that changes leaves its batch: a published row whose batch is known is as
it was. Which batches a publication holds, and up to when, stands in the comment of its table, in the same file.
"""

import json
import shutil
from pathlib import Path

import duckdb

from dagster_project.home import Home
from dagster_project.publish.catalog import EVENT_TIME, MARTS
from dagster_project.sql import literal

MART = "touchpoints"
ROWS = "core.int_core__touchpoints"
PUBLISHED = f"publication.marts.{MART}"
AS_OF_END = "(select as_of_end_at from run.context)"
# Deleting and adding so large a share of the rows costs more than writing all of them anew.
LARGEST_SHARE = 0.3
# A file that was copied and changed keeps the blocks it no longer needs; with so many of them it is written anew.
LARGEST_FREE_SHARE = 0.5


def copy_published(home: Home, to: Path) -> bool:
    """Copy the database published last to `to`; False where there is none."""
    if not home.published.exists():
        return False
    shutil.copyfile(home.published, to)
    return True


def keep_marts(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the attached copy is worth building on: of this pipeline, and not mostly empty. Drops what is no mart."""
    found = con.execute(
        "select free_blocks <= total_blocks * ? from pragma_database_size() where database_name = 'publication'",
        [LARGEST_FREE_SHARE],
    ).fetchall()
    if found != [(True,)] or _kept(con) is None:
        return False
    for (table,) in con.execute(
        "select table_name from duckdb_tables() where database_name = 'publication'"
    ).fetchall():
        if table not in MARTS:
            con.execute(f'drop table publication.marts."{table}"')
    return True


def bring_up_to_date(con: duckdb.DuckDBPyConnection) -> bool:
    """Change the touchpoints of the attached copy to those of this run; False where they must be written anew.

    Whatever was published, the result is what the warehouse holds, or False: every row of another batch or of later
    days is put in, and where the count then differs, rows are gone.
    """
    kept = _kept(con)
    if kept is None or _columns(con, PUBLISHED) != _columns(con, MARTS[MART][0]):
        return False
    [(is_later,)] = con.execute(f"select cast(? as timestamp) > {AS_OF_END}", [kept["until"]]).fetchall()
    # A batch that is nowhere any more may be one that this warehouse, restored from a backup, never knew.
    if is_later or not set(kept["batches"]) <= set(_batches(con)):
        return False
    con.execute(
        f"create or replace temp table changed_touchpoints as select {_listed(con)} from {ROWS}"
        f" where {EVENT_TIME[MART]} < {AS_OF_END}"
        f" and (_batch not in (select unnest(cast(? as varchar[]))) or {EVENT_TIME[MART]} >= cast(? as timestamp))",
        [kept["batches"], kept["until"]],
    )
    try:
        [(changed,)] = con.execute("select count(*) from changed_touchpoints").fetchall()
        if changed > LARGEST_SHARE * _count(con, PUBLISHED):
            return False
        con.execute(f"delete from {PUBLISHED} where touchpoint_id in (select touchpoint_id from changed_touchpoints)")
        con.execute(f"insert into {PUBLISHED} select * from changed_touchpoints")
    finally:
        con.execute("drop table changed_touchpoints")
    current = f"{ROWS} where {EVENT_TIME[MART]} < {AS_OF_END}"
    if _count(con, PUBLISHED) != _count(con, current):
        con.execute(f"delete from {PUBLISHED} where touchpoint_id not in (select touchpoint_id from {current})")
    return _count(con, PUBLISHED) == _count(con, current)


def note(con: duckdb.DuckDBPyConnection) -> None:
    """Write into the publication which rows it holds."""
    [(until,)] = con.execute(f"select cast({AS_OF_END} as varchar)").fetchall()
    text = json.dumps({"batches": _batches(con), "until": until})
    con.execute(f"comment on table {PUBLISHED} is {literal(text)}")


def _kept(con: duckdb.DuckDBPyConnection) -> dict | None:
    """What `note` wrote into the attached copy; None where it is not there."""
    found = con.execute(
        "select comment from duckdb_tables() where database_name = 'publication' and schema_name = 'marts'"
        " and table_name = ? and comment is not null",
        [MART],
    ).fetchall()
    return json.loads(found[0][0]) if found else None


def _batches(con: duckdb.DuckDBPyConnection) -> list[str]:
    return [batch for (batch,) in con.execute(f"select distinct _batch from {ROWS} order by _batch").fetchall()]


def _columns(con: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    return [(name, kind) for name, kind, *_ in con.execute(f"describe {relation}").fetchall()]


def _listed(con: duckdb.DuckDBPyConnection) -> str:
    return ", ".join(name for name, _ in _columns(con, MARTS[MART][0]))


def _count(con: duckdb.DuckDBPyConnection, rows: str) -> int:
    return con.execute(f"select count(*) from {rows}").fetchall()[0][0]
