"""What a run is about, written into schema `run` of the warehouse before any stage reads it.

Business days are Tokyo days; Japan has had no daylight saving since 1951, so nine hours are exact.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib.metadata import version
from typing import Any

import duckdb

from dagster_project.home import Home
from dagster_project.identity.hashing import links_gmail_aliases
from dagster_project.settings import effective_settings

TOKYO = timedelta(hours=9)

# What the identity stage reads from the ledger besides published_ids, by table of schema run.
IDENTITY_TABLES = {
    "identity_before": "as_of date, landing_no bigint, has_withdrawn boolean, has_restored boolean",
    "identity_map_before": "identifier_key bigint, anchor_key bigint, from_key bigint, is_visitor boolean, since date",
    "identity_changes_before": "as_of date, change varchar, from_id varchar, to_id varchar, from_is_visitor boolean,"
    " to_is_visitor boolean, identifiers bigint, because varchar",
}

# The figures of identity_health at earlier runs, as schema run holds them.
HEALTH_COLUMNS = "as_of date, metric varchar, dimension varchar, reason varchar, value double"


def tokyo_today(now: datetime | None = None) -> date:
    """The day it is in Tokyo at `now` (aware; default: the clock)."""
    return ((now or datetime.now(UTC)).astimezone(UTC) + TOKYO).date()


def day_of_cut_off(cut_off: datetime) -> date:
    """The Tokyo day that ends at or is under way before `cut_off` (aware): midnight belongs to the day before it."""
    return tokyo_today(cut_off - timedelta(microseconds=1))


def end_of_day(as_of: date) -> datetime:
    """The end of the Tokyo day `as_of`, exclusive, as a naive UTC time."""
    return datetime.combine(as_of + timedelta(days=1), time()) - TOKYO


@dataclass(frozen=True)
class RunContext:
    """as_of: Tokyo day. cut_off_at: naive UTC. is_newest: no later day has been published in this home."""

    as_of: date
    cut_off_at: datetime
    is_newest: bool = True
    is_hourly: bool = False

    @classmethod
    def daily(cls, as_of: date, is_newest: bool = True) -> "RunContext":
        """The context of the daily run of `as_of`: its cut-off is the end of the day."""
        return cls(as_of, end_of_day(as_of), is_newest)


def write_context(con: duckdb.DuckDBPyConnection, home: Home, context: RunContext) -> None:
    """Write run.context (one row) and run.settings, replacing what an earlier run left.

    From now until `finish`, the warehouse is no finished run's. Raises KizunaError where the salt is not the home's.
    """
    home.check_salt()
    con.execute("create schema if not exists run")
    con.execute(
        "create or replace table run.context as select cast(? as date) as as_of, cast(? as timestamp) as as_of_end_at,"
        " cast(? as timestamp) as cut_off_at, cast(? as boolean) as is_newest, cast(? as boolean) as is_hourly,"
        " cast(? as varchar) as salt, cast(? as boolean) as gmail_aliases",
        [
            context.as_of,
            end_of_day(context.as_of),
            context.cut_off_at,
            context.is_newest,
            context.is_hourly,
            home.salt(),
            links_gmail_aliases(),
        ],
    )
    con.execute("create or replace table run.settings (name varchar, value varchar)")
    names, values = zip(*sorted(effective_settings().items()), strict=True)
    con.execute("insert into run.settings select unnest(?), unnest(?)", [names, values])
    con.execute("drop table if exists run.finished")
    con.execute(
        "create table if not exists run.published_ids (customer_id varchar, anchor_key bigint, first_as_of date)"
    )
    con.execute(f"create table if not exists run.identity_health_before ({HEALTH_COLUMNS})")
    con.execute("create table if not exists run.erased_customers (customer_id varchar, erased_on date)")
    for name, columns in IDENTITY_TABLES.items():
        con.execute(f"create table if not exists run.{name} ({columns})")


def finish(con: duckdb.DuckDBPyConnection) -> None:
    """Write run.finished: the context of the run that went through to its publication, whole, and this version."""
    con.execute(
        "create or replace table run.finished as"
        " select * exclude (salt), cast(? as varchar) as version from run.context",
        [version("kizuna")],
    )


def finished(con: duckdb.DuckDBPyConnection) -> dict[str, Any] | None:
    """run.finished, column by column; None where the last run did not end. `version` is missing before 0.4.2."""
    ended = "select 1 from duckdb_tables() where schema_name = 'run' and table_name = 'finished'"
    if not con.execute(ended).fetchall():
        return None
    found = con.execute("select * from run.finished")
    columns = [column for column, *_ in found.description]
    return dict(zip(columns, found.fetchall()[0], strict=True))
