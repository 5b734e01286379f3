"""What the next sync of a feed would be, for a person who looks before it is sent."""

import duckdb
from pydantic import BaseModel

from dagster_project.activation.feeds.binding import bind
from dagster_project.activation.feeds.brake import brake
from dagster_project.activation.feeds.declaration import Feed
from dagster_project.activation.feeds.destinations import destination_identity
from dagster_project.activation.feeds.difference import (
    Counts,
    accepted_count,
    drop_tables,
    held_back_reasons,
)
from dagster_project.activation.feeds.ledger import FeedLedger
from dagster_project.activation.feeds.prepare import difference
from dagster_project.home import Home


class DryRun(BaseModel):
    """What the next sync would be. `first`: for some rows of each kind, (op, key, the row as it would be written); of a
    feed to addresses, the salted hash in place of the key, and no row.
    """

    feed_id: str
    counts: Counts
    is_full: bool
    accepted_rows: int
    held_back_reasons: dict[str, int]
    stopped_because: str | None
    remark: str | None = None
    first: list[tuple[str, str | None, str | None]]


def dry_run(con: duckdb.DuckDBPyConnection, home: Home, feed: Feed, first: int = 5) -> DryRun:
    """The difference as `prepare` would find it now, with the `first` rows of each kind. Writes nothing.

    A sync that was interrupted is not asked after: until the next real sync settles it, its rows count as not sent.
    """
    ledger, bound = FeedLedger(home, feed.feed_id), bind(con, feed)
    delivered = ledger.delivered(destination_identity(feed.destination))
    is_full = not delivered or delivered[-1].shape != feed.shape
    counts = difference(con, home, bound, ledger, is_full)
    accepted = accepted_count(con, where="not is_new")
    shown = "''" if feed.is_personal else "coalesce(line, '')"
    rows = con.execute(
        f"select op, key, {shown} from ("
        "select *, row_number() over (partition by op order by key nulls last, line nulls last, quick nulls last) as n"
        " from feed_difference where op <> 'unchanged') where n <= ? order by op, n",
        [first],
    ).fetchall()
    reasons = held_back_reasons(con)
    drop_tables(con)
    remarks = []
    if any(record.status == "sending" for record in ledger.records()):
        remarks.append("a sync was interrupted: the next one asks the destination first what it has")
    if feed.is_personal:
        remarks.append("keys are shown as salted hashes, since rows carry addresses")
    return DryRun(
        feed_id=feed.feed_id,
        counts=counts,
        is_full=is_full,
        accepted_rows=accepted,
        held_back_reasons=reasons,
        first=rows,
        remark="; ".join(remarks) or None,
        stopped_because=brake(feed.limits, counts, accepted, is_full, feed.feed_id),
    )
