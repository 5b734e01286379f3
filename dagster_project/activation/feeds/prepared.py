"""A prepared sync: what lies in scratch for publish to deliver."""

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from dagster_project.activation.feeds.declaration import Feed
from dagster_project.activation.feeds.difference import Counts
from dagster_project.activation.feeds.files import DataFile
from dagster_project.activation.feeds.ledger import SyncRecord
from dagster_project.home import Home

PREPARED = "prepared.json"


class PreparedSync(BaseModel):
    """One feed's next sync. `accepted_rows`: what the destination has before it.

    With both `files` and `stopped_because`, the brake stopped `stopped_counts`, and the files delete erased persons.
    `only_erased`: these deletions alone, at a receiver that the feed does not go to now; of the feed as it is declared
    such a sync says nothing.
    """

    feed: Feed
    sync_id: str
    previous_sync_id: str | None
    as_of: date
    cut_off_at: datetime
    mode: str
    is_full: bool
    shape: dict[str, Any]
    destination: str
    accepted_rows: int
    counts: Counts
    held_back_reasons: dict[str, int]
    files: list[DataFile]
    folder: Path
    remark: str | None = None
    stopped_because: str | None = None
    stopped_counts: Counts | None = None
    only_erased: bool = False

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
            mode=self.mode,
            is_full=self.is_full,
            counts=self.counts,
            status="sending",
            previous_sync_id=self.previous_sync_id,
            files=len(self.files),
            bytes=sum(file.bytes for file in self.files),
            shape=self.shape,
            destination=self.destination,
        )

    def manifest(self) -> dict[str, object]:
        """What the receiver reads first and trusts: see the contract."""
        return {
            "feed_id": self.feed.feed_id,
            "sync_id": self.sync_id,
            "as_of": self.as_of.isoformat(),
            "mode": self.mode,
            "columns": [{"name": column.name, "type": column.type} for column in self.feed.columns],
            "counts": self.counts.model_dump(),
            "files": [file.model_dump() for file in self.files],
            "previous_sync_id": self.previous_sync_id,
            "key": self.feed.key,
            "is_full": self.is_full,
        }


def read_prepared(home: Home) -> list[PreparedSync]:
    """What `prepare` left in scratch for publish to deliver, by feed_id."""
    return [
        PreparedSync.model_validate_json(path.read_text())
        for path in sorted((home.scratch / "feeds").glob(f"*/{PREPARED}"))
    ]


def fresh_folder(home: Home, feed_id: str) -> Path:
    """The feed's folder in scratch, empty."""
    folder = home.scratch / "feeds" / feed_id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder
