"""Which feeds an hourly run delivers: those that tell of lists, since only these have changed.

A feed of marts alone is what it was when the daily run delivered it; comparing it again would read all of it.
"""

import sqlglot
from sqlglot import exp

from dagster_project.activation.feeds import Feed

CHANGED = {"scenario_targets", "suppressions"}


def due_feeds(declared: list[Feed]) -> set[str]:
    """The ids of the feeds that an hourly run delivers."""
    return {feed.feed_id for feed in declared if CHANGED & marts_of(feed)}


def marts_of(feed: Feed) -> set[str]:
    """The names of the tables that a feed reads."""
    return {table.name.lower() for table in sqlglot.parse_one(feed.source.select, dialect="duckdb").find_all(exp.Table)}
