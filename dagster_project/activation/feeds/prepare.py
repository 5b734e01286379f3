"""Prepare a sync in scratch: compare, check, brake, write its files. Nothing here is seen by a receiver."""

import shutil
from collections.abc import Iterator
from datetime import date, datetime

import duckdb

from dagster_project.activation.feeds import retired
from dagster_project.activation.feeds.binding import BoundFeed, bind, uncomputed
from dagster_project.activation.feeds.brake import brake
from dagster_project.activation.feeds.declaration import Feed
from dagster_project.activation.feeds.destinations import destination_identity
from dagster_project.activation.feeds.difference import (
    Counts,
    accepted_count,
    compare,
    drop_tables,
    held_back_reasons,
)
from dagster_project.activation.feeds.erasure import REASON as ERASED
from dagster_project.activation.feeds.erasure import erased
from dagster_project.activation.feeds.files import MAX_FILE_BYTES
from dagster_project.activation.feeds.ledger import FeedLedger
from dagster_project.activation.feeds.prepared import PREPARED, PreparedSync, fresh_folder
from dagster_project.activation.feeds.recipients import HeldAddresses
from dagster_project.activation.feeds.writing import write_sync
from dagster_project.errors import ConfigurationError, UsageError
from dagster_project.home import Home


def prepare_all(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    feeds: list[Feed],
    as_of: date,
    cut_off_at: datetime,
    due: set[str] | None = None,
) -> Iterator[PreparedSync]:
    """The next sync of each of `feeds`; then the deletions of erased persons at receivers that no feed goes to now.

    `due`: the ids of those alone that an hourly run delivers.
    """
    # What an earlier run prepared and never delivered must not pass for this run's.
    shutil.rmtree(home.scratch / "feeds", ignore_errors=True)
    syncs = []
    for feed in feeds:
        if due is None or feed.feed_id in due:
            syncs.append(prepare(con, home, feed, as_of, cut_off_at))
            yield syncs[-1]
    if due is None:
        yield from retired.prepare_retired(con, home, syncs, as_of, cut_off_at)


def prepare(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    feed: Feed,
    as_of: date,
    cut_off_at: datetime,
    *,
    force: bool = False,
    sync_id: str | None = None,
    max_file_bytes: int = MAX_FILE_BYTES,
) -> PreparedSync:
    """Compare `feed` with what its destination accepted and write its files to scratch, for `deliver`.

    The sync is everything where the destination has none of this feed, or one of another shape. `force` passes the
    brake. Where the brake stops it, the deletions of erased persons go all the same.

    Raises ConfigurationError where a column is unknown or fails on a row, UsageError where `sync_id` does not come
    after the last.
    """
    ledger, bound = FeedLedger(home, feed.feed_id), bind(con, feed)
    folder = fresh_folder(home, feed.feed_id)
    unreachable = ledger.settle_interrupted(feed)
    tried, identity = ledger.records(), destination_identity(feed.destination)
    sync_id = sync_id or ledger.next_sync_id()
    if tried and sync_id <= tried[-1].sync_id:
        raise UsageError(f"sync_id {sync_id} does not come after {tried[-1].sync_id}")
    delivered = ledger.delivered(identity)
    last = delivered[-1] if delivered else None
    is_full = last is None or last.shape != feed.shape
    counts = difference(con, home, bound, ledger, is_full)
    accepted = accepted_count(con, where="not is_new")
    prepared = PreparedSync(
        feed=feed,
        sync_id=sync_id,
        previous_sync_id=last.sync_id if last else None,
        as_of=as_of,
        cut_off_at=cut_off_at,
        mode=feed.mode,
        is_full=is_full,
        shape=feed.shape,
        destination=identity,
        accepted_rows=accepted,
        counts=counts,
        held_back_reasons=held_back_reasons(con),
        files=[],
        folder=folder,
        remark=_remark(ledger, identity, is_full),
        stopped_because=unreachable,
    )
    if unreachable is None:
        stopped = None if force else brake(feed.limits, counts, accepted, is_full, feed.feed_id)
        prepared.stopped_because = stopped
        if stopped and counts.erased:
            _only_erased(con, prepared, last.shape if last else feed.shape)
        # Behind the brake only the erased go, if any.
        if counts.erased if stopped else not counts.is_empty:
            prepared.files = write_sync(con, home, prepared, max_file_bytes)
    drop_tables(con)
    (folder / PREPARED).write_text(prepared.model_dump_json(by_alias=True))
    return prepared


def difference(
    con: duckdb.DuckDBPyConnection, home: Home, bound: BoundFeed, ledger: FeedLedger, is_full: bool
) -> Counts:
    """The difference of a feed against what its destination accepted, in temp tables: see `compare`. Raises
    ConfigurationError where the feed's SQL fails on a row.
    """
    try:
        return _difference(con, home, bound, ledger, is_full)
    except (duckdb.DataError, duckdb.InvalidInputException) as error:
        raise ConfigurationError(uncomputed(con, bound, error)) from None


def _difference(
    con: duckdb.DuckDBPyConnection, home: Home, bound: BoundFeed, ledger: FeedLedger, is_full: bool
) -> Counts:
    feed = bound.feed
    accepted = ledger.accepted_files(destination_identity(feed.destination))
    held = HeldAddresses(home, feed.feed_id).rows
    counts = compare(con, bound, accepted, home.salt(), erased(home), everything=is_full, held=held)
    if feed.mode == "full" and not is_full and not counts.is_empty:  # every row goes, so every row is written
        counts = compare(con, bound, accepted, home.salt(), erased(home), whole=True, held=held)
    return counts


def _only_erased(con: duckdb.DuckDBPyConnection, prepared: PreparedSync, shape: dict) -> None:
    """Leave nothing in the sync but the deletions of erased persons: they wait for no brake.

    Such a sync is no full one, whatever the feed's mode: a receiver must not take its few rows for the whole.
    """
    con.execute("delete from feed_difference where op <> 'removed' or reason is distinct from ?", [ERASED])
    prepared.stopped_counts = prepared.counts
    prepared.counts = Counts(removed=prepared.counts.erased, erased=prepared.counts.erased)
    prepared.mode, prepared.is_full, prepared.shape = "upsert", False, shape


def _remark(ledger: FeedLedger, identity: str, is_full: bool) -> str | None:
    """Why everything is sent though this is not the feed's first sync."""
    if not is_full or not ledger.delivered():
        return None
    if not ledger.delivered(identity):
        return "its destination has changed: everything is sent to the new one, and the one before keeps what it has"
    return "its columns, key or format have changed: everything is sent again"
