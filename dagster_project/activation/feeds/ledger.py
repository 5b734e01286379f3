"""What destinations accepted: `home/ledger/feeds/<feed_id>/<sync_id>.json` (the sync) and `.parquet` (its rows: see
`accepted`), and `declaration.json`, the feed as it was last sent.

A sync is written ahead, status `sending`, before anything leaves; it becomes `delivered` once the destination has it.
What a destination holds is the fold of the syncs that it took, and of those that it may have taken in part. Nothing
here is ever derived again: it is not in landing.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow.parquet as pq
from pydantic import BaseModel

from dagster_project.activation.feeds.accepted import UNKNOWN_HASH, accepted_rows, ledger_rows
from dagster_project.activation.feeds.declaration import Feed
from dagster_project.activation.feeds.destinations import Destination, destination_identity, open_destination
from dagster_project.activation.feeds.difference import Counts
from dagster_project.activation.feeds.recipients import refusals
from dagster_project.files import copy_rows, parse, write_atomically
from dagster_project.home import Home
from dagster_project.sql import literal

# An hourly feed makes thousands of syncs a year: folding each from the first would grow without end. A snapshot costs
# as much as the whole table, so it is made when so many files, or so large a share of its rows, have come since.
SNAPSHOT_AFTER = 50
SNAPSHOT_SHARE = 0.25
SNAPSHOT_ROWS = 100_000  # fewer are read sooner than a snapshot is written
DECLARATION = "declaration.json"
HELD_BACK = "held_back.json"
SYNC_ID = "%Y%m%dT%H%M%SZ"
Status = Literal["sending", "delivered", "stopped", "failed"]


class SyncRecord(BaseModel):
    """One sync, or one that was tried. Times are naive UTC. is_unknown: it failed, and may have arrived in part."""

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
    destination: str = ""
    rejected_reasons: dict[str, int] = {}
    is_unknown: bool = False


class FeedLedger:
    """The ledger of one feed. One writer at a time: whoever holds the home."""

    def __init__(self, home: Home, feed_id: str):
        self.folder = home.ledger / "feeds" / feed_id
        self._receivers = self.folder / "receivers"
        self._home = home
        self._records: list[SyncRecord] | None = None

    def records(self) -> list[SyncRecord]:
        """Every sync that was tried, oldest first."""
        if self._records is None:
            paths = sorted(path for path in self.folder.glob("*.json") if path.name not in {DECLARATION, HELD_BACK})
            self._records = [parse(path, SyncRecord.model_validate_json) for path in paths]
        return self._records

    def delivered(self, destination: str | None = None) -> list[SyncRecord]:
        """The syncs that `destination` (any, by default) has, oldest first. Early records do not name theirs."""
        return [
            record
            for record in self.records()
            if record.status == "delivered" and (destination is None or record.destination in {destination, ""})
        ]

    def declaration(self) -> Feed | None:
        """The feed as it was declared when a sync of it, as declared, was last begun."""
        path = self.folder / DECLARATION
        return parse(path, Feed.model_validate_json) if path.exists() else None

    def receivers(self) -> dict[str, Feed]:
        """Identity of each destination that the feed ever had -> the feed as it was last sent there."""
        feeds = [parse(path, Feed.model_validate_json) for path in sorted(self._receivers.glob("*.json"))]
        return {destination_identity(feed.destination): feed for feed in feeds}

    def held_back(self) -> dict[str, int]:
        """Why rows are held back, and how many, as the newest run found it; a run may send nothing and hold back."""
        path = self.folder / HELD_BACK
        return parse(path, json.loads) if path.exists() else {}

    def note_held_back(self, reasons: dict[str, int]) -> None:
        """Write what the newest run holds back."""
        if reasons != self.held_back():
            write_json(self.folder / HELD_BACK, reasons)

    def rows_file(self, sync_id: str) -> Path:
        """Where the rows of a sync lie."""
        return self.folder / f"{sync_id}.parquet"

    def begin(self, record: SyncRecord, rows: Path, feed: Feed, is_declared: bool = True) -> None:
        """Write a sync ahead: its rows, the feed as it goes there, then its record with status `sending`.

        `is_declared`: `feed` is the declaration, not what a receiver that the feed has left was once sent.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(self.rows_file(record.sync_id), rows.read_bytes())
        text = feed.model_dump_json(by_alias=True, indent=1).encode()
        write_atomically(self._receivers / f"{name_of(record.destination)}.json", text)
        if is_declared:
            write_atomically(self.folder / DECLARATION, text)
        self.settle(record)

    def settle(self, record: SyncRecord) -> None:
        """Write the record as it stands now; a sync of which surely nothing arrived keeps no rows."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(self.folder / f"{record.sync_id}.json", record.model_dump_json(indent=1).encode())
        self._records = None
        if record.status in {"stopped", "failed"} and not record.is_unknown:
            self.rows_file(record.sync_id).unlink(missing_ok=True)

    def settle_unknown(self, record: SyncRecord, reason: str) -> None:
        """Record a sync of which some rows may have arrived: each of them is sent, or deleted, again."""
        with duckdb.connect() as con:
            path = self.rows_file(record.sync_id)
            copy_rows(
                con,
                "select * replace (case when status = 'accepted' then 'unknown' else status end as status)"
                f" from ({ledger_rows([path])}) where op <> 'unchanged'",
                path,
            )
        self.settle(record.model_copy(update={"status": "failed", "reason": reason, "is_unknown": True}))

    def accepted_files(self, destination: str) -> list[Path]:
        """The files whose fold is what `destination` has, oldest first."""
        taken = [
            record.sync_id
            for record in self.records()
            if (record.status == "delivered" or record.is_unknown) and record.destination in {destination, ""}
        ]
        snapshots = [path for path in self._snapshots(destination) if taken and path.stem <= taken[-1]]
        folded = snapshots[-1].stem if snapshots else ""
        return [*snapshots[-1:], *(self.rows_file(sync_id) for sync_id in taken if sync_id > folded)]

    def fold(self, destination: str) -> None:
        """Where much has come since the last snapshot, write one: derived from the rows, and free to delete."""
        files = self.accepted_files(destination)
        if len(files) <= SNAPSHOT_AFTER and not _is_large(files):
            return
        older = self._snapshots(destination)
        target = self._snapshot_folder(destination) / f"{files[-1].stem}.parquet"
        with duckdb.connect() as con:
            copy_rows(
                con,
                "select key, row_hash, quick, customer_id, case when is_new then 'added' else 'changed' end as op,"
                f" case when row_hash = '{UNKNOWN_HASH}' then 'unknown' else 'accepted' end as status, sync_id"
                f" from ({accepted_rows(files)}) order by key",
                target,
            )
        for path in older:
            if path != target:
                path.unlink()

    def _snapshots(self, destination: str) -> list[Path]:
        return sorted(self._snapshot_folder(destination).glob("*.parquet"))

    def _snapshot_folder(self, destination: str) -> Path:
        return self.folder / "accepted" / name_of(destination)

    def _mark_rejected(self, sync_id: str, rejected: Sequence[tuple[str, str]]) -> None:
        """Give rows (by the ledger's key) that the receiver refused its reasons: not accepted, they are tried again.

        A row that was sent though the ledger had it as it is (mode full) has no line in the sync: it gets one.
        """
        if not rejected:
            return
        path = self.rows_file(sync_id)
        with duckdb.connect() as con:
            con.execute(
                "create table refused as select key, min(reason) as reason from ("
                "select unnest(?) as key, unnest(?) as reason) group by key",
                [[key for key, _ in rejected], [reason for _, reason in rejected]],
            )
            con.execute(f"create table sent as {ledger_rows([path])}")
            copy_rows(
                con,
                "select sent.* replace ("
                "case when refused.key is null or sent.status <> 'accepted' then sent.status"
                " else 'rejected' end as status, coalesce(sent.reason, refused.reason) as reason,"
                " case when refused.key is not null and sent.op = 'unchanged' then 'changed' else sent.op end as op)"
                " from sent left join refused on refused.key = sent.key"
                f" union all by name select key, '{UNKNOWN_HASH}' as row_hash, 'changed' as op, 'rejected' as status,"
                f" reason, {literal(sync_id)} as sync_id from refused anti join sent on sent.key = refused.key",
                path,
            )

    def may_hold(self, destination: str) -> str:
        """SQL of (key, customer_id): the rows that `destination` has, or may have by an interrupted sync."""
        sending = [self.rows_file(record.sync_id) for record in self._interrupted(destination)]
        return (
            f"select key, customer_id from ({accepted_rows(self.accepted_files(destination))})"
            f" union all select key, customer_id from ({ledger_rows(sending)}) where status = 'accepted'"
        )

    def _interrupted(self, destination: str) -> list[SyncRecord]:
        return [one for one in self.records() if one.status == "sending" and one.destination in {destination, ""}]

    def settle_interrupted(self, feed: Feed) -> str | None:
        """Settle what an interrupted run left at the destination of `feed`; returns why that cannot be.

        It is asked as `feed` names it now: the block of then may hold the very fault that interrupted the run. What was
        under way to another destination waits until that is used again: its address may have been a slip.
        """
        try:
            self._recover(destination_identity(feed.destination), open_destination(feed.destination, self._home))
        except OSError as error:
            words = error.strerror or type(error).__name__
            return f"its destination cannot be asked what it has ({words}); mend it, then run again"
        known = {record.sync_id for record in self.records()}
        for path in [*self.folder.glob("*.parquet"), *self.folder.rglob("*.tmp")]:
            if path.suffix == ".tmp" or path.stem not in known:
                path.unlink()  # the interruption fell between the rows and their record
        return None

    def _recover(self, identity: str, destination: Destination) -> None:
        for record in self._interrupted(identity):
            sync = (record.feed_id, record.sync_id)
            receipt = destination.holds(sync)
            if receipt is not None:
                self.settle_delivered(record, receipt.rejected)
            elif destination.leaves_parts:
                self.settle_unknown(record, "the run was interrupted; some rows may have arrived")
            else:
                destination.discard(sync)
                self.settle(record.model_copy(update={"status": "failed", "reason": "the run was interrupted"}))

    def settle_delivered(self, record: SyncRecord, rejected: Sequence[tuple[str, str]]) -> SyncRecord:
        """Record a sync that the destination has, but for the rows (by the receiver's key) that it refused."""
        if rejected and (feed := self.receivers().get(record.destination) or self.declaration()) is not None:
            rejected = refusals(feed, rejected, self._home.salt())
        self._mark_rejected(record.sync_id, rejected)
        settled = record.model_copy(
            update={
                "status": "delivered",
                "delivered_at": utc_now(),
                "rejected": len({key for key, _ in rejected}),
                "rejected_reasons": dict(Counter(reason for _, reason in rejected).most_common()),
            }
        )
        self.settle(settled)
        return settled

    def next_sync_id(self) -> str:
        """A UTC time stamp after every sync tried so far, whatever the clock says."""
        records = self.records()
        stamp = datetime.now(UTC).strftime(SYNC_ID)
        return stamp if not records else max(stamp, following(records[-1].sync_id))


def following(sync_id: str) -> str:
    """The sync_id a second after `sync_id`."""
    return (datetime.strptime(sync_id, SYNC_ID).replace(tzinfo=UTC) + timedelta(seconds=1)).strftime(SYNC_ID)


def name_of(destination: str) -> str:
    """A short name for files about one destination, of which the identity is no file name."""
    return hashlib.sha256(destination.encode()).hexdigest()[:16]


def _is_large(files: list[Path]) -> bool:
    """Whether so many rows have come since the first file that reading them each time costs more than a snapshot."""
    first, *later = [pq.read_metadata(path).num_rows for path in files]
    return sum(later) > max(SNAPSHOT_SHARE * first, SNAPSHOT_ROWS)


def utc_now() -> datetime:
    """The clock, as the warehouse keeps times: naive UTC, whole seconds."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def feed_ids(home: Home) -> list[str]:
    """The feeds of which the ledger knows."""
    return sorted(path.name for path in (home.ledger / "feeds").glob("*") if path.is_dir())


def write_json(path: Path, content: Any) -> None:
    """`content` as JSON at `path`, whole or not at all."""
    write_atomically(path, json.dumps(content, ensure_ascii=False, indent=1).encode())
