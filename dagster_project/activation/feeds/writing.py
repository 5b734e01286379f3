"""Write a sync's files from the difference: data, then deletes; and beside them the rows for the ledger, which no
receiver gets.
"""

from pathlib import Path

import duckdb

from dagster_project.activation.feeds.destinations import open_destination
from dagster_project.activation.feeds.files import DataFile, write_lines
from dagster_project.activation.feeds.lines import header, key_line
from dagster_project.activation.feeds.prepared import PreparedSync
from dagster_project.activation.feeds.recipients import HeldAddresses
from dagster_project.files import copy_rows
from dagster_project.home import Home
from dagster_project.sql import literal

ROWS = "rows.parquet"
ADDRESSES = "addresses.parquet"
# Rows that a schema change sends again are `changed` all the same; a full feed sends the unchanged ones too.
SENT = {
    "full": "('added', 'changed', 'unchanged')",
    "upsert": "('added', 'changed')",
    "mirror": "('added', 'changed')",
}


def write_sync(con: duckdb.DuckDBPyConnection, home: Home, prepared: PreparedSync, max_bytes: int) -> list[DataFile]:
    """The files of `prepared`, in its folder, from the temp table feed_difference."""
    feed, folder, counts, sent = prepared.feed, prepared.folder, prepared.counts, SENT[prepared.mode]
    is_csv = feed.format == "csv"
    files = []
    if prepared.mode == "full" or counts.added + counts.changed:
        files += write_lines(
            con,
            f"select line from feed_difference where op in {sent} order by sent_key",
            folder,
            "data",
            feed.format,
            header([column.name for column in feed.columns], is_csv),
            max_bytes,
        )
    if counts.removed:
        # The ledger knows the key of an address by its hash alone; the address itself is kept until it is deleted.
        known = (
            "select coalesce(held.address, gone.key) as sent_key from feed_difference as gone"
            f" left join ({HeldAddresses(home, feed.feed_id).rows}) as held on held.key = gone.key"
            " where gone.op = 'removed'"
        )
        files += write_lines(
            con,
            f"select {key_line(feed.key, 'sent_key', is_csv)} as line from ({known}) order by sent_key",
            folder,
            "deletes",
            feed.format,
            header([feed.key], is_csv),
            max_bytes,
        )
    # A receiver of rows is never emptied: a row that is held back stays there as it was.
    is_replaced = (prepared.mode == "full" or prepared.is_full) and not open_destination(feed.destination, home).by_row
    _write_ledger_rows(con, prepared, folder / ROWS, is_replaced)
    if feed.is_personal:
        copy_rows(con, f"select key, sent_key as address from feed_difference where op in {sent}", folder / ADDRESSES)
    return files


def _write_ledger_rows(con: duckdb.DuckDBPyConnection, prepared: PreparedSync, path: Path, is_replaced: bool) -> None:
    """The rows of this sync for the ledger.

    Where the receiver replaces its table, it loses the rows that are held back: the ledger must forget them, or they
    would pass for unchanged once they are good again.
    """
    lost = (
        "union all by name select distinct accepted.key, accepted.row_hash, accepted.customer_id, 'removed' as op,"
        " 'accepted' as status, 'left out: held back' as reason"
        " from feed_accepted as accepted inner join feed_difference as held on held.key = accepted.key"
        " where held.op = 'held_back'"
        if is_replaced
        else ""
    )
    copy_rows(
        con,
        f"select key, row_hash, quick, customer_id, op, status, reason, {literal(prepared.sync_id)} as sync_id from ("
        "select key, row_hash, quick, customer_id, case when op = 'renamed' then 'removed' else op end as op,"
        " case when op = 'held_back' then op else 'accepted' end as status, reason"
        f" from feed_difference where op <> 'unchanged' or is_stale {lost})",
        path,
    )
