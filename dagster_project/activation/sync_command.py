"""`kizuna sync FEED`: a feed's difference on demand, from the warehouse as the last run left it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from importlib.metadata import version
from typing import Any

import click
import duckdb

from dagster_project import warehouse
from dagster_project.activation import feeds
from dagster_project.activation.scenarios import ledger
from dagster_project.errors import UsageError
from dagster_project.home import Home
from dagster_project.hourly.view import fresh_before, hourly_view
from dagster_project.project import seeds
from dagster_project.publish import catalog
from dagster_project.publish.runs import newest_published, require_published
from dagster_project.run_context import finished
from dagster_project.summary import print_table

SAMPLE = 5  # rows of each kind that a dry run shows


def sync(home: Home, feed_id: str, dry_run: bool, force: bool) -> dict[str, Any]:
    """Sync one feed, or show what a sync would send. Of a feed that is no longer declared: take back what it sent.

    Raises UsageError for an unknown feed, a home without a run, and a warehouse that is not the newest run's, whole;
    StageFailed where the brake or the destination stops it.
    """
    declared = {feed.feed_id: feed for feed in feeds.load_feeds(seeds() / "feeds")}
    left = feeds.rows_left(home, set(declared))
    if feed_id not in declared and feed_id not in left:
        raise UsageError(f"there is no feed {feed_id!r}; feeds are {', '.join(sorted([*declared, *left]))}")
    require_published(home)
    with home.lock(f"sync of {feed_id}"):
        con = warehouse.connect(home)
        try:
            as_of, cut_off_at, is_hourly = finished_run(con, home)
            if dry_run and feed_id in left:
                return {
                    "feed_id": feed_id,
                    "counts": {"removed": left[feed_id]},
                    "accepted_rows": left[feed_id],
                    "stopped_because": feeds.told_left(feed_id, left[feed_id]),
                }
            with _as_the_run_saw_it(con, home, is_hourly):
                if dry_run:
                    return feeds.dry_run(con, home, declared[feed_id], SAMPLE).model_dump(mode="json")
                if feed_id in left:
                    last = feeds.last_sent(home, feed_id)
                    prepared = feeds.take_back(con, home, last, as_of, cut_off_at, force=force)
                else:
                    prepared = feeds.prepare(con, home, declared[feed_id], as_of, cut_off_at, force=force)
        finally:
            con.close()
        return feeds.deliver(home, prepared).model_dump(mode="json")


@contextmanager
def _as_the_run_saw_it(con: duckdb.DuckDBPyConnection, home: Home, is_hourly: bool) -> Iterator[None]:
    """Within the context `con` sees the warehouse; after an hourly run what that saw, and the lists of all runs."""
    if not is_hourly:
        yield
        return
    with hourly_view(con, home, fresh_before(con)):
        none_of_them = ledger.Run("", 0, "", "", True)
        ledger.load_ledger(con, home, none_of_them)
        ledger.restore_run(con, home, none_of_them)
        ledger.gather_all(con)
        feeds.sync_tables(con, home, as_view=True)
        catalog.create_views(con)
        yield


def finished_run(con: duckdb.DuckDBPyConnection, home: Home) -> tuple[date, datetime, bool]:
    """(as_of, cut_off_at, is_hourly) of the run that left the warehouse; never a backfill, a stopped run, or one of
    another version of Kizuna, whose tables may be others."""
    again = f"run the newest day again first: kizuna run --as-of {newest_published(home)} --home {home.path}"
    run = finished(con)
    if run and run.get("version") != version("kizuna"):
        raise UsageError(
            f"the last run in this home was one of Kizuna {run.get('version', '0.4.1 or earlier')}, this is"
            f" {version('kizuna')}; {again}"
        )
    if run and run["is_newest"]:
        return run["as_of"], run["cut_off_at"], run["is_hourly"]
    raise UsageError(f"the last run in this home was a backfill, or did not end; {again}")


def print_result(result: dict[str, Any]) -> None:
    """The sync, or the difference, as a person reads it."""
    print_table([{"feed": result["feed_id"], **result["counts"]}])
    if result.get("first"):
        print_table(
            [{"row": op, "key": key, "as written": line} for op, key, line in result["first"]],
            title=f"The first rows of each kind (at most {SAMPLE})",
        )
    for kind, title in (("held_back_reasons", "Held back, and why"), ("rejected_reasons", "Rejected, and why")):
        if result.get(kind):
            print_table([{"reason": reason, "rows": rows} for reason, rows in result[kind].items()], title=title)
    for what in ("status", "place", "remark", "message", "stopped_because"):
        if result.get(what):
            click.echo(f"{what}: {result[what]}")
