"""Deliver prepared syncs, and write into the ledger what the destinations accepted."""

from typing import Literal

from pydantic import BaseModel

from dagster_project.activation.feeds.destinations import MANIFEST, open_destination
from dagster_project.activation.feeds.difference import Counts
from dagster_project.activation.feeds.ledger import FeedLedger, utc_now, write_json
from dagster_project.activation.feeds.prepare import ROWS, PreparedSync
from dagster_project.errors import StageFailed
from dagster_project.home import Home


class Delivery(BaseModel):
    """What became of one prepared sync. `message`: why it was not delivered, and what to do."""

    feed_id: str
    sync_id: str
    status: Literal["delivered", "unchanged", "stopped", "failed"]
    counts: Counts
    rejected: int = 0
    place: str | None = None
    message: str | None = None


def deliver(home: Home, prepared: PreparedSync) -> Delivery:
    """Send one prepared sync. Raises StageFailed, naming feed and remedy, where it is braked or cannot be
    sent.

    Crash-safe: the ledger knows of the sync before it leaves, and the next `prepare` asks the destination.
    """
    delivery = _deliver(home, prepared)
    if delivery.message:
        raise StageFailed(delivery.message)
    return delivery


def deliver_all(home: Home, prepared: list[PreparedSync]) -> list[Delivery]:
    """Send every feed, whatever becomes of the others; those not delivered say so in `status` and `message`."""
    return [_deliver(home, one) for one in prepared]


def manifest(prepared: PreparedSync) -> dict[str, object]:
    """What the receiver reads first and trusts: see the contract."""
    return {
        "feed_id": prepared.feed.feed_id,
        "sync_id": prepared.sync_id,
        "as_of": prepared.as_of.isoformat(),
        "mode": prepared.feed.mode,
        "columns": [{"name": column.name, "type": column.type} for column in prepared.feed.columns],
        "counts": prepared.counts.model_dump(),
        "files": [file.model_dump() for file in prepared.files],
        "previous_sync_id": prepared.previous_sync_id,
        "key": prepared.feed.key,
        "is_full": prepared.is_full,
    }


def _deliver(home: Home, prepared: PreparedSync) -> Delivery:
    feed_id, sync = prepared.feed.feed_id, (prepared.feed.feed_id, prepared.sync_id)
    outcome = Delivery(feed_id=feed_id, sync_id=prepared.sync_id, status="unchanged", counts=prepared.counts)
    ledger, record = FeedLedger(home, feed_id), prepared.record()
    if prepared.stopped_because:
        ledger.settle(record.model_copy(update={"status": "stopped", "reason": prepared.stopped_because}))
        message = f"feed {feed_id} was not sent: {prepared.stopped_because}"
        return outcome.model_copy(update={"status": "stopped", "message": message})
    if prepared.is_empty:
        return outcome
    destination = open_destination(prepared.feed.destination, home)
    write_json(prepared.folder / MANIFEST, manifest(prepared))
    ledger.begin(record, prepared.folder / ROWS)
    try:
        receipt = destination.send(sync, prepared.folder, [*(file.name for file in prepared.files), MANIFEST])
    except OSError as error:
        reason = f"{type(error).__name__}: {error.strerror or 'the destination did not take it'}"
        message = (
            f"feed {feed_id} was not delivered: {reason}; mend its destination"
            f" ({prepared.feed.destination['type']}), then `kizuna sync {feed_id}`"
        )
        if not _certainly_missing(destination, sync):
            return outcome.model_copy(update={"status": "failed", "message": message})
        ledger.settle(record.model_copy(update={"status": "failed", "reason": reason}))
        return outcome.model_copy(update={"status": "failed", "message": message})
    ledger.mark_rejected(prepared.sync_id, receipt.rejected)
    rejected = len(receipt.rejected)
    ledger.settle(record.model_copy(update={"status": "delivered", "delivered_at": utc_now(), "rejected": rejected}))
    ledger.fold()
    return outcome.model_copy(update={"status": "delivered", "place": receipt.place, "rejected": rejected})


def _certainly_missing(destination, sync: tuple[str, str]) -> bool:
    """Whether the receiver surely has no such sync. Where it cannot say, the ledger's `sending` stays for the
    next run.
    """
    try:
        if destination.holds(sync):
            return False
        destination.discard(sync)
    except OSError:
        return False
    return True
