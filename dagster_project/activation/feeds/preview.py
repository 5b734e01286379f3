"""What the next sync of a feed would be, for a person who looks before it is sent."""

import duckdb
from pydantic import BaseModel

from dagster_project.activation.feeds.binding import bind
from dagster_project.activation.feeds.declaration import Feed
from dagster_project.activation.feeds.destinations import open_destination
from dagster_project.activation.feeds.difference import (
    Counts,
    accepted_count,
    compare,
    drop_tables,
    held_back_reasons,
)
from dagster_project.activation.feeds.ledger import FeedLedger
from dagster_project.activation.feeds.prepare import brake
from dagster_project.home import Home


class DryRun(BaseModel):
    """What the next sync would be. `first`: for some rows of each kind, (op, key, the row as it would be
    written).
    """

    feed_id: str
    counts: Counts
    is_full: bool
    accepted_rows: int
    held_back_reasons: dict[str, int]
    stopped_because: str | None
    first: list[tuple[str, str | None, str | None]]


def dry_run(con: duckdb.DuckDBPyConnection, home: Home, feed: Feed, first: int = 5) -> DryRun:
    """The difference as `prepare` would find it now, with the `first` rows of each kind. Writes nothing."""
    ledger, destination = FeedLedger(home, feed.feed_id), open_destination(feed.destination, home)
    taken = [
        record
        for record in ledger.records()
        if record.status == "delivered"
        or (record.status == "sending" and destination.holds((record.feed_id, record.sync_id)))
    ]
    is_full = not taken or taken[-1].shape != feed.shape
    counts = compare(con, bind(con, feed), ledger.accepted_files([one.sync_id for one in taken]), is_full)
    accepted = accepted_count(con)
    shown = con.execute(
        "select op, key, coalesce(line, '') from ("
        "select *, row_number() over (partition by op order by key, line) as n"
        " from feed_difference where op <> 'unchanged') where n <= ? order by op, n",
        [first],
    ).fetchall()
    reasons = held_back_reasons(con)
    drop_tables(con)
    return DryRun(
        feed_id=feed.feed_id,
        counts=counts,
        is_full=is_full,
        accepted_rows=accepted,
        held_back_reasons=reasons,
        first=shown,
        stopped_because=brake(feed.limits, counts, accepted, is_full, feed.feed_id),
    )
