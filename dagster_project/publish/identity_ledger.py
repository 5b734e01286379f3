"""Who every identifier belonged to at each published run, in the ledger: what merges and splits are told from.

`home/ledger/identity_map/<as_of>.parquet` holds the identifiers whose person differs from the published run before (at
the first run, all of them); `identity_changes/<as_of>.parquet` holds what that came to, one row per pair of customer
ids. A repetition of a run replaces its own files and compares with the run before it; a backfill of an earlier day
writes nothing, and shows what was written at the time.
"""

import json
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.files import copy_rows, parse
from dagster_project.home import Home
from dagster_project.landing import manifest
from dagster_project.publish import ledger_tables
from dagster_project.publish.runs import published_files
from dagster_project.run_context import IDENTITY_TABLES, RunContext

# What goes into the ledger, in the order that packs best.
_WRITTEN = {
    "identity_map": "select context.as_of, moves.identifier_key, moves.from_key, moves.anchor_key, moves.is_visitor"
    " from identity.int_identity__moves as moves cross join run.context as context"
    " order by moves.anchor_key nulls last, moves.identifier_key",
    "identity_changes": "select changes.* from identity.identity_changes as changes"
    " inner join run.context as context on context.as_of = changes.as_of order by all",
}

# An identifier's last row says whose it is. arg_max takes a struct, since over single columns it would pass over nulls.
_LATEST = """
    create or replace temp table latest_owners as
    with later as (
        select identifier_key, anchor_key, from_key, is_visitor, as_of from read_parquet($1)
        union all
        select identifier_key, anchor_key, from_key, is_visitor, since from run.identity_map_before
        where identifier_key in (select identifier_key from read_parquet($1))
    )
    select identifier_key, arg_max({
        'anchor_key': anchor_key, 'from_key': from_key, 'is_visitor': is_visitor, 'since': as_of
    }, as_of) as latest
    from later group by identifier_key
"""


def load(con: duckdb.DuckDBPyConnection, home: Home, run: RunContext) -> None:
    """Write run.identity_before, run.identity_map_before and run.identity_changes_before from the ledger.

    Only days that were published count: a run that stopped half-way may have left files of its own. A backfill sees
    the map as the newest run left it, and changes up to its own day.
    """
    for name in ("identity_before", "identity_changes_before"):
        con.execute(f"create or replace table run.{name} ({IDENTITY_TABLES[name]})")
    published = published_files(home)
    before = [day for day in sorted(published) if day < run.as_of]
    if before:
        con.execute("insert into run.identity_before values (?, ?, ?, ?)", _landings(home, before[-1], published))
    _load_map(con, _files(home, "identity_map", before if run.is_newest else list(published)))
    own = [] if run.is_newest else [day for day in published if day == run.as_of]
    if files := _files(home, "identity_changes", [*before, *own]):
        con.execute(
            "insert into run.identity_changes_before by name select * from read_parquet(?)", [list(map(str, files))]
        )


def _load_map(con: duckdb.DuckDBPyConnection, files: list[Path]) -> None:
    """Nearly all identifiers stand in the first run's file alone: it is read as it is, and later ones put over it."""
    with ledger_tables.unread(con, "identity_map_before", files) as (is_kept, unread):
        if not is_kept:
            con.execute(f"create or replace table run.identity_map_before ({IDENTITY_TABLES['identity_map_before']})")
            for file in unread[:1]:
                con.execute(
                    "insert into run.identity_map_before"
                    " select identifier_key, anchor_key, from_key, is_visitor, as_of from read_parquet(?)",
                    [str(file)],
                )
            unread = unread[1:]
        if unread:
            con.execute(_LATEST, [[str(file) for file in unread]])
            con.execute(
                "delete from run.identity_map_before where identifier_key in (select identifier_key from latest_owners)"
            )
            con.execute("insert into run.identity_map_before select identifier_key, unnest(latest) from latest_owners")
            con.execute("drop table latest_owners")


def record(con: duckdb.DuckDBPyConnection, home: Home, as_of: date) -> None:
    """Keep what differs from the published run before; repeating a run replaces its own files."""
    for name, rows in _WRITTEN.items():
        copy_rows(con, rows, home.ledger / name / f"{as_of}.parquet")


def _files(home: Home, name: str, days: list[date]) -> list[Path]:
    paths = [home.ledger / name / f"{day}.parquet" for day in sorted(days)]
    return [path for path in paths if path.exists()]


def _landings(home: Home, day: date, published: dict[date, Path]) -> tuple[date, int, bool, bool]:
    """(day, its newest landing, whether a file of it is withdrawn now, whether one withdrawn then is back)."""
    held = set(parse(published[day], json.loads)["file_ids"])
    known = manifest.read(home)
    newest = max((file.landing_no for file in known.landed if file.file_id in held), default=0)
    in_use = {file.file_id: file.landing_no for file in known.in_use}
    is_back = any(file_id not in held and landing_no <= newest for file_id, landing_no in in_use.items())
    return day, newest, bool(held - in_use.keys()), is_back
