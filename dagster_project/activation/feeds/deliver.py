"""Deliver prepared syncs, and write into the ledger what the destinations accepted."""

import shutil
from typing import Literal

from pydantic import BaseModel

from dagster_project.activation.feeds.destinations import (
    MANIFEST,
    Destination,
    DestinationFailed,
    Receipt,
    open_destination,
)
from dagster_project.activation.feeds.difference import Counts
from dagster_project.activation.feeds.ledger import FeedLedger, SyncRecord, following, write_json
from dagster_project.activation.feeds.prepared import PreparedSync
from dagster_project.activation.feeds.recipients import HeldAddresses
from dagster_project.activation.feeds.writing import ADDRESSES, ROWS
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
    remark: str | None = None
    held_back_reasons: dict[str, int] = {}
    rejected_reasons: dict[str, int] = {}


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


def _deliver(home: Home, prepared: PreparedSync) -> Delivery:
    outcome = Delivery(
        feed_id=prepared.feed.feed_id,
        sync_id=prepared.sync_id,
        status="unchanged",
        counts=prepared.counts,
        remark=prepared.remark,
        held_back_reasons=prepared.held_back_reasons,
    )
    if prepared.files:
        outcome = _send(home, prepared, outcome)
    if prepared.stopped_because:
        outcome = _stop(home, prepared, outcome)
    if not prepared.only_erased:
        FeedLedger(home, prepared.feed.feed_id).note_held_back(prepared.held_back_reasons)
    shutil.rmtree(prepared.folder, ignore_errors=True)  # rows of customers, which must not lie about
    return outcome


def _stop(home: Home, prepared: PreparedSync, sent: Delivery) -> Delivery:
    """Record that the brake, or a destination out of reach, stopped a sync; erased persons' rows went before it."""
    counts = prepared.stopped_counts or prepared.counts
    sync_id = following(prepared.sync_id) if prepared.files else prepared.sync_id
    FeedLedger(home, prepared.feed.feed_id).settle(
        prepared.record().model_copy(
            update={
                "sync_id": sync_id,
                "status": "stopped",
                "reason": prepared.stopped_because,
                "mode": prepared.feed.mode,
                "counts": counts,
                "files": 0,
                "bytes": 0,
            }
        )
    )
    message = f"feed {prepared.feed.feed_id} was not sent: {prepared.stopped_because}"
    if sent.message:
        message = f"{sent.message}; {message}"
    elif prepared.files:
        message += f" (its {prepared.counts.removed} deletions of erased persons were sent)"
    return sent.model_copy(update={"status": "stopped", "message": message, "counts": counts})


def _send(home: Home, prepared: PreparedSync, outcome: Delivery) -> Delivery:
    feed, sync = prepared.feed, (prepared.feed.feed_id, prepared.sync_id)
    ledger, record, addresses = FeedLedger(home, feed.feed_id), prepared.record(), HeldAddresses(home, feed.feed_id)
    destination = open_destination(feed.destination, home)
    write_json(prepared.folder / MANIFEST, prepared.manifest())
    if (prepared.folder / ADDRESSES).exists():
        addresses.add(prepared.folder / ADDRESSES)
    ledger.begin(record, prepared.folder / ROWS, feed, is_declared=not prepared.only_erased)
    try:
        receipt = destination.send(sync, prepared.folder, [*(file.name for file in prepared.files), MANIFEST])
    except OSError as error:
        words = _words(error)
        mend = "" if isinstance(error, DestinationFailed) else f" mend its destination ({feed.destination['type']}),"
        message = f"feed {feed.feed_id} was not delivered: {words};{mend} then `kizuna sync {feed.feed_id}`"
        failed = outcome.model_copy(update={"status": "failed", "message": message})
        found = _found_after_failure(ledger, record, destination, error, words)
        if found is None:
            _keep_addresses(ledger, addresses)  # where surely nothing arrived, those that were to go now are not kept
            return failed
        receipt = found
    settled = ledger.settle_delivered(record, receipt.rejected)
    ledger.fold(prepared.destination)
    _keep_addresses(ledger, addresses)
    return outcome.model_copy(
        update={
            "status": "delivered",
            "place": receipt.place,
            "rejected": settled.rejected,
            "rejected_reasons": settled.rejected_reasons,
        }
    )


def _keep_addresses(ledger: FeedLedger, addresses: HeldAddresses) -> None:
    addresses.keep(" union all ".join(ledger.may_hold(identity) for identity in ledger.receivers()))


def _words(error: OSError) -> str:
    """The failure in words. A destination's own hold remedy and no value; of others only what the system says."""
    if isinstance(error, DestinationFailed):
        return str(error)
    return f"{type(error).__name__}: {error.strerror or 'the destination did not take it'}"


def _found_after_failure(
    ledger: FeedLedger, record: SyncRecord, destination: Destination, error: OSError, reason: str
) -> Receipt | None:
    """What the receiver turns out to have though sending failed; else the ledger says what is known.

    Where surely nothing was sent there is nothing to ask, and a receiver that was just tried in vain is left alone.
    Where it has to be asked and cannot be, the ledger's `sending` stays for the next run.
    """
    sync = (record.feed_id, record.sync_id)
    if not getattr(error, "sent_nothing", False):
        try:
            receipt = destination.holds(sync)
            if receipt is not None:
                return receipt
            if destination.leaves_parts:
                ledger.settle_unknown(record, reason)
                return None
            destination.discard(sync)
        except OSError:
            return None
    ledger.settle(record.model_copy(update={"status": "failed", "reason": reason}))
    return None
