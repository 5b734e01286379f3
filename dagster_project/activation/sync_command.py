"""`kizuna sync FEED`: a feed's difference on demand, from the warehouse as the last run left it."""

from datetime import date, datetime
from typing import Any

import click
import duckdb

from dagster_project import warehouse
from dagster_project.activation import feeds
from dagster_project.errors import UsageError
from dagster_project.home import Home
from dagster_project.project import seeds
from dagster_project.publish.runs import newest_published
from dagster_project.summary import print_table


def sync(home: Home, feed_id: str, dry_run: bool, force: bool) -> dict[str, Any]:
    """Sync one feed, or show what a sync would send.

    Raises UsageError for an unknown feed, a home without a run, and a warehouse that is not the newest run's, whole;
    StageFailed where the brake or the destination stops it.
    """
    declared = {feed.feed_id: feed for feed in feeds.load_feeds(seeds() / "feeds")}
    if feed_id not in declared:
        raise UsageError(f"there is no feed {feed_id!r}; feeds are {', '.join(sorted(declared))}")
    if newest_published(home) is None:
        raise UsageError(f"{home.path} has no published run yet; run: kizuna run --home {home.path}")
    with home.lock(f"sync of {feed_id}"):
        con = warehouse.connect(home)
        try:
            as_of, cut_off_at = _finished_run(con, home)
            if dry_run:
                return feeds.dry_run(con, home, declared[feed_id]).model_dump(mode="json")
            prepared = feeds.prepare(con, home, declared[feed_id], as_of, cut_off_at, force=force)
        finally:
            con.close()
        return feeds.deliver(home, prepared).model_dump(mode="json")


def _finished_run(con: duckdb.DuckDBPyConnection, home: Home) -> tuple[date, datetime]:
    """(as_of, cut_off_at) of the run that left the warehouse; never a backfill or a stopped run."""
    if con.execute("select 1 from duckdb_tables() where schema_name = 'run' and table_name = 'finished'").fetchall():
        [(as_of, cut_off_at, is_newest)] = con.execute(
            "select as_of, cut_off_at, is_newest from run.finished"
        ).fetchall()
        if is_newest:
            return as_of, cut_off_at
    newest = newest_published(home)
    raise UsageError(
        "the last run in this home was a backfill, or did not end; run the newest day again first: "
        f"kizuna run --as-of {newest} --home {home.path}"
    )


def print_result(result: dict[str, Any]) -> None:
    """The sync, or the difference, as a person reads it."""
    print_table([{"feed": result["feed_id"], **result["counts"]}])
    for op, key, line in result.get("first", []):
        click.echo(f"{op:<10} {key}  {line}")
    for what in ("status", "place", "message", "stopped_because"):
        if result.get(what):
            click.echo(f"{what}: {result[what]}")
