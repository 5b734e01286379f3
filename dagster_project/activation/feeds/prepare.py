"""Prepare a sync in scratch: compare, check, brake, write its files. Nothing here is seen by a receiver."""

import shutil
from datetime import date, datetime
from pathlib import Path

import duckdb
from pydantic import BaseModel

from dagster_project.activation.feeds.binding import bind
from dagster_project.activation.feeds.declaration import Feed, Limits
from dagster_project.activation.feeds.destinations import open_destination
from dagster_project.activation.feeds.difference import (
    Counts,
    accepted_count,
    compare,
    drop_tables,
    held_back_reasons,
    in_quotes,
    needs_quotes,
)
from dagster_project.activation.feeds.files import MAX_FILE_BYTES, DataFile, write_lines
from dagster_project.activation.feeds.ledger import FeedLedger, SyncRecord
from dagster_project.errors import UsageError
from dagster_project.files import copy_rows
from dagster_project.home import Home
from dagster_project.sql import literal

ROWS = "rows.parquet"
PREPARED = "prepared.json"
# Rows that a schema change sends again are `changed` all the same; a full feed sends the unchanged ones too.
SENT = {
    "full": "('added', 'changed', 'unchanged')",
    "upsert": "('added', 'changed')",
    "mirror": "('added', 'changed')",
}


class PreparedSync(BaseModel):
    """One feed's next sync, as it lies in scratch. `accepted_rows`: what the destination has before it."""

    feed: Feed
    sync_id: str
    previous_sync_id: str | None
    as_of: date
    cut_off_at: datetime
    is_full: bool
    accepted_rows: int
    counts: Counts
    held_back_reasons: dict[str, int]
    files: list[DataFile]
    folder: Path
    stopped_because: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed, so that no sync is made."""
        return self.counts.is_empty and self.stopped_because is None

    def record(self) -> SyncRecord:
        """The ledger's record of this sync, before it is sent."""
        return SyncRecord(
            feed_id=self.feed.feed_id,
            sync_id=self.sync_id,
            as_of=self.as_of,
            cut_off_at=self.cut_off_at,
            mode=self.feed.mode,
            is_full=self.is_full,
            counts=self.counts,
            status="sending",
            previous_sync_id=self.previous_sync_id,
            files=len(self.files),
            bytes=sum(file.bytes for file in self.files),
            shape=self.feed.shape,
        )


def prepare(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    feed: Feed,
    as_of: date,
    cut_off_at: datetime,
    sync_id: str | None = None,
    force: bool = False,
    max_file_bytes: int = MAX_FILE_BYTES,
) -> PreparedSync:
    """Compute the feed's current rows and write what differs from what its destination accepted.

    `con`: a connection in UTC that sees schema marts. `sync_id`: default by the clock. `force` passes the
    brake. Raises ConfigurationError where the feed does not fit the marts, UsageError where `sync_id` does
    not come after the last one. A brake, or a destination that cannot say what it has, is told in
    `stopped_because`.
    """
    ledger = FeedLedger(home, feed.feed_id)
    folder = home.scratch / "feeds" / feed.feed_id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    unreachable = None
    try:
        ledger.recover(open_destination(feed.destination, home))
    except OSError as error:
        unreachable = f"its destination cannot be asked what it has ({type(error).__name__}); mend it, then run again"
    tried, delivered = ledger.records(), ledger.delivered()
    sync_id = sync_id or ledger.next_sync_id()
    if tried and sync_id <= tried[-1].sync_id:
        raise UsageError(f"sync_id {sync_id} does not come after {tried[-1].sync_id}")
    last = delivered[-1] if delivered else None
    is_full = last is None or last.shape != feed.shape
    counts = compare(con, bind(con, feed), ledger.accepted_files([one.sync_id for one in delivered]), is_full)
    prepared = PreparedSync(
        feed=feed,
        sync_id=sync_id,
        previous_sync_id=last.sync_id if last else None,
        as_of=as_of,
        cut_off_at=cut_off_at,
        is_full=is_full,
        accepted_rows=accepted_count(con),
        counts=counts,
        held_back_reasons=held_back_reasons(con),
        files=[],
        folder=folder,
        stopped_because=unreachable,
    )
    if not force and unreachable is None:
        prepared.stopped_because = brake(feed.limits, counts, prepared.accepted_rows, is_full, feed.feed_id)
    if not counts.is_empty and prepared.stopped_because is None:
        prepared.files = _write(con, feed, sync_id, is_full, folder, max_file_bytes)
    drop_tables(con)
    (folder / PREPARED).write_text(prepared.model_dump_json(by_alias=True))
    return prepared


def read_prepared(home: Home) -> list[PreparedSync]:
    """What `prepare` left in scratch for publish to deliver, by feed_id."""
    return [
        PreparedSync.model_validate_json(path.read_text())
        for path in sorted((home.scratch / "feeds").glob(f"*/{PREPARED}"))
    ]


def brake(limits: Limits, counts: Counts, accepted_rows: int, is_full: bool, feed_id: str) -> str | None:
    """Why a sync of these counts has to be looked at first, or None. Additions never brake.

    A new schema changes every row on purpose: then only removals count.
    """
    if accepted_rows < limits.from_rows or accepted_rows == 0:
        return None
    for what, rows, share in (
        ("remove", counts.removed, limits.max_removed_share),
        ("change", 0 if is_full else counts.changed, limits.max_changed_share),
    ):
        if rows > accepted_rows * share:
            return (
                f"would {what} {rows} of {accepted_rows} accepted rows ({rows / accepted_rows:.1%}, limit"
                f" {share:.0%}); look at `kizuna sync {feed_id} --dry-run`,"
                f" then `kizuna sync {feed_id} --force`"
            )
    return None


def _write(
    con: duckdb.DuckDBPyConnection, feed: Feed, sync_id: str, is_full: bool, folder: Path, max_bytes: int
) -> list[DataFile]:
    """Data files, then deletes files; and beside them the rows for the ledger, which no receiver gets."""
    is_csv = feed.format == "csv"
    sent, gone = con.execute(
        f"select count(*) filter (where op in {SENT[feed.mode]}), count(*) filter (where op = 'removed')"
        " from feed_difference"
    ).fetchall()[0]
    files = []
    if feed.mode == "full" or sent:
        header = ",".join(column.name for column in feed.columns) if is_csv else ""
        files += write_lines(
            con,
            f"select line from feed_difference where op in {SENT[feed.mode]} order by key",
            folder,
            "data",
            feed.format,
            header,
            max_bytes,
        )
    if gone:
        quoted = (
            f"case when {needs_quotes('key')} then {in_quotes('key')} else key end"
            if is_csv
            else f"'{{\"{feed.key}\": ' || cast(to_json(key) as varchar) || '}}'"
        )
        files += write_lines(
            con,
            f"select {quoted} as line from feed_difference where op = 'removed' order by key",
            folder,
            "deletes",
            feed.format,
            feed.key if is_csv else "",
            max_bytes,
        )
    _write_ledger_rows(con, sync_id, folder / ROWS, replaces=feed.mode == "full" or is_full)
    return files


def _write_ledger_rows(con: duckdb.DuckDBPyConnection, sync_id: str, path: Path, replaces: bool) -> None:
    """The rows of this sync for the ledger.

    Where the receiver `replaces` its table, it loses the rows that are held back: the ledger must forget
    them, or they would pass for unchanged once they are good again.
    """
    lost = (
        (
            "union all select distinct accepted.key, accepted.row_hash, 'removed', 'accepted',"
            " 'left out: held back'"
            " from feed_accepted as accepted inner join feed_difference as held on held.key = accepted.key"
            " where held.op = 'held_back'"
        )
        if replaces
        else ""
    )
    copy_rows(
        con,
        f"select key, row_hash, op, status, reason, {literal(sync_id)} as sync_id from ("
        "select key, row_hash, op, case when op = 'held_back' then op else 'accepted' end as status, reason"
        f" from feed_difference where op <> 'unchanged' {lost}) order by key, op, reason",
        path,
    )
