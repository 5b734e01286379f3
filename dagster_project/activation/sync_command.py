"""`kizuna sync FEED`: a feed's difference on demand, from the warehouse as the last run left it."""

from typing import Any

import click

from dagster_project import warehouse
from dagster_project.activation import feeds
from dagster_project.errors import UsageError
from dagster_project.home import Home
from dagster_project.project import seeds
from dagster_project.publish.runs import newest_published
from dagster_project.run_context import end_of_day
from dagster_project.summary import print_table


def sync(home: Home, feed_id: str, dry_run: bool, force: bool) -> dict[str, Any]:
    """Sync one feed, or show what a sync would send.

    Raises UsageError for an unknown feed or a home without a run, StageFailed where the brake or the destination stops it.
    """
    declared = {feed.feed_id: feed for feed in feeds.load_feeds(seeds() / "feeds")}
    if feed_id not in declared:
        raise UsageError(f"there is no feed {feed_id!r}; feeds are {', '.join(sorted(declared))}")
    as_of = newest_published(home)
    if as_of is None:
        raise UsageError(f"{home.path} has no published run yet; run: kizuna run --home {home.path}")
    with home.lock(f"sync of {feed_id}"):
        con = warehouse.connect(home)
        try:
            if dry_run:
                return feeds.dry_run(con, home, declared[feed_id]).model_dump(mode="json")
            prepared = feeds.prepare(con, home, declared[feed_id], as_of, end_of_day(as_of), force=force)
        finally:
            con.close()
        return feeds.deliver(home, prepared).model_dump(mode="json")


def print_result(result: dict[str, Any]) -> None:
    """The sync, or the difference, as a person reads it."""
    print_table([{"feed": result["feed_id"], **result["counts"]}])
    for op, key, line in result.get("first", []):
        click.echo(f"{op:<10} {key}  {line}")
    for what in ("status", "place", "message", "stopped_because"):
        if result.get(what):
            click.echo(f"{what}: {result[what]}")
