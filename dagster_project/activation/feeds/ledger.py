"""What destinations accepted: `home/ledger/feeds/<feed_id>/<sync_id>.json` (the sync) and `.parquet` (its
rows).

Rows: key, row_hash, op (added, changed, removed, held_back), status (accepted, held_back, rejected), reason,
sync_id. A sync is written ahead, status `sending`, before anything leaves; it becomes `delivered` once the
destination has it. What a destination holds is the fold of its delivered syncs. Nothing here is ever derived
again: it is not in landing.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import duckdb
from pydantic import BaseModel

from dagster_project.activation.feeds.destinations import Destination
from dagster_project.activation.feeds.difference import Counts, accepted_rows
from dagster_project.files import copy_rows, write_atomically
from dagster_project.home import Home
from dagster_project.sql import literal

SNAPSHOT_AFTER = (
    50  # an hourly feed makes thousands of syncs a year: folding each from the first would grow without end
)
SYNC_ID = "%Y%m%dT%H%M%SZ"
Status = Literal["sending", "delivered", "stopped", "failed"]


class SyncRecord(BaseModel):
    """One sync, or one that was tried. Times are naive UTC."""

    feed_id: str
    sync_id: str
    as_of: date
    cut_off_at: datetime
    mode: str
    is_full: bool
    counts: Counts
    rejected: int = 0
    status: Status
    reason: str | None = None
    previous_sync_id: str | None = None
    delivered_at: datetime | None = None
    files: int = 0
    bytes: int = 0
    shape: dict[str, Any]


class FeedLedger:
    """The ledger of one feed. One writer at a time: whoever holds the home."""

    def __init__(self, home: Home, feed_id: str):
        self.folder = home.ledger / "feeds" / feed_id

    def records(self) -> list[SyncRecord]:
        """Every sync that was tried, oldest first."""
        return [SyncRecord.model_validate_json(path.read_text()) for path in sorted(self.folder.glob("*.json"))]

    def delivered(self) -> list[SyncRecord]:
        """The syncs that the destination has, oldest first."""
        return [record for record in self.records() if record.status == "delivered"]

    def rows_file(self, sync_id: str) -> Path:
        """Where the rows of a sync lie."""
        return self.folder / f"{sync_id}.parquet"

    def begin(self, record: SyncRecord, rows: Path) -> None:
        """Write a sync ahead: its rows, then its record with status `sending`."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(self.rows_file(record.sync_id), rows.read_bytes())
        self.settle(record)

    def settle(self, record: SyncRecord) -> None:
        """Write the record as it stands now; a sync that was not delivered keeps no rows."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(self.folder / f"{record.sync_id}.json", record.model_dump_json(indent=1).encode())
        if record.status in {"stopped", "failed"}:
            self.rows_file(record.sync_id).unlink(missing_ok=True)

    def accepted_files(self, sync_ids: list[str]) -> list[Path]:
        """The files whose fold is what the destination has after the delivered syncs `sync_ids`, oldest
        first.
        """
        snapshots = [path for path in self._snapshots() if sync_ids and path.stem <= sync_ids[-1]]
        folded = snapshots[-1].stem if snapshots else ""
        return [*snapshots[-1:], *(self.rows_file(sync_id) for sync_id in sync_ids if sync_id > folded)]

    def fold(self) -> None:
        """Where many syncs have come since the last snapshot, write one: derived from the rows, and free to
        delete.
        """
        sync_ids = [record.sync_id for record in self.delivered()]
        files = self.accepted_files(sync_ids)
        if len(files) <= SNAPSHOT_AFTER:
            return
        older = self._snapshots()
        target = self.folder / "accepted" / f"{sync_ids[-1]}.parquet"
        with duckdb.connect() as con:
            copy_rows(
                con,
                "select key, row_hash, 'added' as op, 'accepted' as status, cast(null as varchar) as reason,"
                f" {literal(sync_ids[-1])} as sync_id from ({accepted_rows(files)}) order by key",
                target,
            )
        for path in older:
            path.unlink()

    def _snapshots(self) -> list[Path]:
        return sorted((self.folder / "accepted").glob("*.parquet"))

    def mark_rejected(self, sync_id: str, rejected: Sequence[tuple[str, str]]) -> None:
        """Give rows that the receiver refused its reasons: not accepted, they differ again next time and are
        tried again.
        """
        if not rejected:
            return
        path = self.rows_file(sync_id)
        with duckdb.connect() as con:
            con.execute(
                "create table refused as select unnest(?) as key, unnest(?) as reason",
                [[key for key, _ in rejected], [reason for _, reason in rejected]],
            )
            copy_rows(
                con,
                "select sent.* replace ("
                "case when refused.key is null or sent.status <> 'accepted' then sent.status"
                " else 'rejected' end as status, coalesce(sent.reason, refused.reason) as reason)"
                f" from read_parquet({literal(path)}) as sent left join refused on refused.key = sent.key",
                path,
            )

    def unsettled(self) -> list[SyncRecord]:
        """Syncs whose sending was interrupted: only the destination knows whether it has them."""
        return [record for record in self.records() if record.status == "sending"]

    def recover(self, destination: Destination) -> list[str]:
        """Settle what an interrupted run left; returns the ids of the syncs that the destination turned out
        to have.
        """
        adopted = []
        for record in self.unsettled():
            if destination.holds((record.feed_id, record.sync_id)):
                self.settle(record.model_copy(update={"status": "delivered", "delivered_at": utc_now()}))
                adopted.append(record.sync_id)
            else:
                destination.discard((record.feed_id, record.sync_id))
                self.settle(record.model_copy(update={"status": "failed", "reason": "the run was interrupted"}))
        known = {record.sync_id for record in self.records()}
        for path in [*self.folder.glob("*.parquet"), *self.folder.rglob("*.tmp")]:
            if path.suffix == ".tmp" or path.stem not in known:
                path.unlink()  # the interruption fell between the rows and their record
        return adopted

    def next_sync_id(self, now: datetime | None = None) -> str:
        """A UTC time stamp after every sync tried so far, whatever the clock says."""
        records = self.records()
        stamp = (now or datetime.now(UTC)).astimezone(UTC).strftime(SYNC_ID)
        if records and stamp <= records[-1].sync_id:
            last = datetime.strptime(records[-1].sync_id, SYNC_ID).replace(tzinfo=UTC)
            stamp = (last + timedelta(seconds=1)).strftime(SYNC_ID)
        return stamp


def utc_now() -> datetime:
    """The clock, as the warehouse keeps times: naive UTC, whole seconds."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def feed_ids(home: Home) -> list[str]:
    """The feeds of which the ledger knows."""
    return sorted(path.name for path in (home.ledger / "feeds").glob("*") if path.is_dir())


def write_json(path: Path, content: Any) -> None:
    """`content` as JSON at `path`, whole or not at all."""
    write_atomically(path, json.dumps(content, ensure_ascii=False, indent=1).encode())
