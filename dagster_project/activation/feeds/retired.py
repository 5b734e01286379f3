"""Feeds that are no longer declared: what their receivers hold is known from the ledger, and can be taken back."""

from collections.abc import Iterator
from datetime import date, datetime

import duckdb

from dagster_project.activation.feeds.accepted import accepted_rows
from dagster_project.activation.feeds.declaration import Feed
from dagster_project.activation.feeds.destinations import destination_identity
from dagster_project.activation.feeds.difference import (
    Counts,
    accepted_count,
    begin,
    drop_tables,
    held_back_reasons,
    tell_names,
)
from dagster_project.activation.feeds.erasure import REASON as ERASED
from dagster_project.activation.feeds.erasure import erased
from dagster_project.activation.feeds.files import MAX_FILE_BYTES
from dagster_project.activation.feeds.ledger import FeedLedger, feed_ids, following, name_of
from dagster_project.activation.feeds.prepared import PREPARED, PreparedSync, fresh_folder
from dagster_project.activation.feeds.recipients import HeldAddresses
from dagster_project.activation.feeds.report import told_left
from dagster_project.activation.feeds.writing import write_sync
from dagster_project.home import Home


def rows_left(home: Home, declared: set[str]) -> dict[str, int]:
    """Feed -> rows that its receiver still holds, of the feeds of the ledger that are not among `declared`."""
    found = {}
    with duckdb.connect() as con:
        for feed_id in sorted(set(feed_ids(home)) - declared):
            ledger = FeedLedger(home, feed_id)
            feed = ledger.declaration()
            if feed is not None:
                files = ledger.accepted_files(destination_identity(feed.destination))
                found[feed_id] = con.execute(f"select count(*) from ({accepted_rows(files)})").fetchall()[0][0]
    return {feed_id: rows for feed_id, rows in found.items() if rows}


def last_sent(home: Home, feed_id: str) -> Feed:
    """A feed of the ledger as it was sent last. Raises KeyError where it never was."""
    feed = FeedLedger(home, feed_id).declaration()
    if feed is None:
        raise KeyError(feed_id)
    return feed


def prepare_retired(
    con: duckdb.DuckDBPyConnection, home: Home, syncs: list[PreparedSync], as_of: date, cut_off_at: datetime
) -> Iterator[PreparedSync]:
    """The deletions of erased persons at every receiver that none of this run's `syncs` goes to: of feeds no longer
    declared, and those that a feed had before its destination changed.
    """
    persons = erased(home)
    if not persons:
        return
    reached = {(one.feed.feed_id, one.destination): one.sync_id for one in syncs}
    for feed_id in feed_ids(home):
        ledger, last = FeedLedger(home, feed_id), [sync_id for (name, _), sync_id in reached.items() if name == feed_id]
        for identity, feed in ledger.receivers().items():
            if (feed_id, identity) in reached or not _may_concern(con, ledger.may_hold(identity), persons):
                continue
            # After this run's own sync of the feed, and the record that the brake may add to it.
            sync_id = max([ledger.next_sync_id(), *(following(following(one)) for one in last)])
            prepared = take_back(con, home, feed, as_of, cut_off_at, only_erased=True, sync_id=sync_id)
            if not prepared.is_empty:
                last.append(sync_id)
                yield prepared


def _may_concern(con: duckdb.DuckDBPyConnection, rows: str, persons: set[str]) -> bool:
    found = con.execute(
        f"select 1 from ({rows}) where customer_id in (select unnest(?::varchar[])) limit 1", [sorted(persons)]
    )
    return bool(found.fetchall())


def take_back(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    feed: Feed,
    as_of: date,
    cut_off_at: datetime,
    *,
    only_erased: bool = False,
    force: bool = False,
    sync_id: str | None = None,
) -> PreparedSync:
    """A sync of deletions to the receiver that `feed`, as it was sent last, had: of all rows that are there (which
    the brake stops unless `force`), or of those about erased persons.
    """
    feed_id, identity = feed.feed_id, destination_identity(feed.destination)
    ledger = FeedLedger(home, feed_id)
    folder = fresh_folder(home, f"{feed_id}@{name_of(identity)}")
    unreachable = ledger.settle_interrupted(feed)
    delivered = ledger.delivered(identity)
    begin(con, ledger.accepted_files(identity), erased(home))
    where = "where feed_erased.customer_id is not null" if only_erased else ""
    con.execute(
        "create temp table feed_difference as select accepted.key, null::varchar as sent_key, null::varchar as line,"
        " null::varchar as row_hash, null::ubigint as quick, accepted.customer_id, true as is_stale,"
        f" case when feed_erased.customer_id is not null then '{ERASED}' end as reason, 'removed' as op"
        " from feed_accepted as accepted"
        f" left join feed_erased on feed_erased.customer_id = accepted.customer_id {where}"
    )
    if feed.is_personal:
        tell_names(con, HeldAddresses(home, feed_id).rows, feed.is_personal)
    reasons = held_back_reasons(con)
    held_back = sum(reasons.values())
    accepted, rows = accepted_count(con), accepted_count(con, "feed_difference", "op = 'removed'")
    gone = accepted_count(con, "feed_difference", f"op = 'removed' and reason = '{ERASED}'")
    prepared = PreparedSync(
        feed=feed,
        sync_id=sync_id or ledger.next_sync_id(),
        previous_sync_id=delivered[-1].sync_id if delivered else None,
        as_of=as_of,
        cut_off_at=cut_off_at,
        mode="upsert",
        is_full=False,
        shape=delivered[-1].shape if delivered else feed.shape,
        destination=identity,
        accepted_rows=accepted,
        counts=Counts(removed=rows, unchanged=accepted - rows - held_back, held_back=held_back, erased=gone),
        held_back_reasons=reasons,
        files=[],
        folder=folder,
        remark="deletions at a receiver that the feed no longer has",
        stopped_because=unreachable,
        only_erased=only_erased,
    )
    if rows > gone and not force and unreachable is None:
        prepared.stopped_because = told_left(feed_id, prepared.accepted_rows)
    if rows and prepared.stopped_because is None:
        prepared.files = write_sync(con, home, prepared, MAX_FILE_BYTES)
    drop_tables(con)
    if prepared.is_empty:
        folder.rmdir()  # nothing for publish to deliver
    else:
        (folder / PREPARED).write_text(prepared.model_dump_json(by_alias=True))
    return prepared
