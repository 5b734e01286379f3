"""The ledger of syncs as tables: activation.sync_runs and activation.sync_rows, which publish takes over as
marts.
"""

import duckdb

from dagster_project.activation.feeds.ledger import FeedLedger, feed_ids
from dagster_project.home import Home

RUNS = """
    create or replace table activation.sync_runs (
        feed_id varchar, sync_id varchar, as_of date, mode varchar, is_full boolean, added bigint,
        changed bigint, removed bigint, unchanged bigint, held_back bigint, rejected bigint, status varchar,
        reason varchar, previous_sync_id varchar, delivered_at timestamp, files bigint, bytes bigint
    )
"""
ROWS = """
    create or replace table activation.sync_rows (
        feed_id varchar, sync_id varchar, row_key varchar, op varchar, status varchar, reason varchar
    )
"""


def sync_tables(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Build both tables from the ledger, up to the last sync that was settled.

    sync_runs: one row per sync tried (status delivered, stopped, failed, sending). sync_rows: one row per row
    that a delivered sync sent or held back; row_key is a salted hash, since keys may be addresses; null where
    the key was.
    """
    con.execute("create schema if not exists activation")
    con.execute(RUNS)
    con.execute(ROWS)
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
        files = [str(ledger.rows_file(one.sync_id)) for one in records if one.status == "delivered"]
        if files:
            con.execute(
                "insert into activation.sync_rows select ?, sync_id,"
                " left(sha256(? || '|row|' || key), 32), op, status, reason from read_parquet(?)"
                " order by sync_id, key, reason",
                [feed_id, home.salt(), files],
            )
