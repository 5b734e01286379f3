"""The ledger of syncs as tables: activation.sync_runs and activation.sync_rows, which publish takes over as
marts.
"""

from pathlib import Path

import duckdb

from dagster_project.activation.feeds.accepted import ledger_rows
from dagster_project.activation.feeds.ledger import FeedLedger, feed_ids
from dagster_project.activation.feeds.recipients import hashed
from dagster_project.home import Home
from dagster_project.sql import literal

RUNS = """
    create or replace table activation.sync_runs (
        feed_id varchar, sync_id varchar, as_of date, mode varchar, is_full boolean, added bigint,
        changed bigint, removed bigint, unchanged bigint, held_back bigint, rejected bigint, status varchar,
        reason varchar, previous_sync_id varchar, delivered_at timestamp, files bigint, bytes bigint
    )
"""
ROWS = "feed_id varchar, sync_id varchar, row_key varchar, op varchar, status varchar, reason varchar"


def sync_tables(con: duckdb.DuckDBPyConnection, home: Home, as_view: bool = False) -> None:
    """Build both tables from the ledger, up to the last sync that was settled.

    sync_runs: one row per sync tried (status delivered, stopped, failed, sending). sync_rows: one row per row
    that a sync sent or held back, of syncs that were delivered or may have been in part; row_key is a salted hash,
    since keys may be addresses; null where the key was. A settled sync does not change: only new ones are read.
    `as_view`: in a place that holds nothing yet, sync_rows is a view of the files, for which only who asks pays.
    """
    con.execute("create schema if not exists activation")
    con.execute(RUNS)
    settled = []
    for feed_id in feed_ids(home):
        ledger = FeedLedger(home, feed_id)
        records = ledger.records()
        if records:
            con.executemany(
                f"insert into activation.sync_runs values ({', '.join('?' * 17)})",
                [
                    [
                        one.feed_id,
                        one.sync_id,
                        one.as_of,
                        one.mode,
                        one.is_full,
                        one.counts.added,
                        one.counts.changed,
                        one.counts.removed,
                        one.counts.unchanged,
                        one.counts.held_back,
                        one.rejected,
                        one.status,
                        one.reason,
                        one.previous_sync_id,
                        one.delivered_at,
                        one.files,
                        one.bytes,
                    ]
                    for one in records
                ],
            )
        settled += [
            (feed_id, one.sync_id, ledger.rows_file(one.sync_id), "keys" in one.shape)
            for one in records
            if one.status == "delivered" or one.is_unknown
        ]
    if as_view:
        con.execute(f"create or replace table activation.sync_columns ({ROWS})")
        parts = ["select * from activation.sync_columns", *_rows(home, settled)]
        con.execute(f"create or replace view activation.sync_rows as {' union all by name '.join(parts)}")
    else:
        con.execute(f"create table if not exists activation.sync_rows ({ROWS})")
        _add_rows(con, home, settled)


def _add_rows(con: duckdb.DuckDBPyConnection, home: Home, settled: list[tuple[str, str, Path, bool]]) -> None:
    """Bring sync_rows to the `settled` syncs (feed_id, sync_id, rows file, whether its keys are hashes already): what
    another ledger left there goes.
    """
    there = set(con.execute("select distinct feed_id, sync_id from activation.sync_rows").fetchall())
    for feed_id, sync_id in sorted(there - {one[:2] for one in settled}):
        con.execute("delete from activation.sync_rows where feed_id = ? and sync_id = ?", [feed_id, sync_id])
    for rows in _rows(home, [one for one in settled if one[:2] not in there]):
        con.execute(f"insert into activation.sync_rows by name {rows}")


def _rows(home: Home, syncs: list[tuple[str, str, Path, bool]]) -> list[str]:
    """SQL of the rows of `syncs` as sync_rows has them, one SELECT for each feed and way of its keys."""
    found = []
    for feed_id, is_hashed in sorted({(one[0], one[3]) for one in syncs}):
        files = [path for name, _, path, kind in syncs if (name, kind) == (feed_id, is_hashed)]
        row_key = "key" if is_hashed else hashed(home.salt(), "key")
        found.append(
            f"select {literal(feed_id)} as feed_id, sync_id, coalesce(row_key, {row_key}) as row_key, op, status,"
            f" reason from ({ledger_rows(files)}) where op <> 'unchanged'"
        )
    return found
