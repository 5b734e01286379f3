"""Every customer id that was ever published, in the ledger: the ground of aliases that never break."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.files import copy_rows
from dagster_project.home import Home
from dagster_project.publish import identity_ledger, ledger_tables
from dagster_project.publish.runs import newest_published
from dagster_project.run_context import RunContext
from dagster_project.sql import literal


def load_published_ids(con: duckdb.DuckDBPyConnection, home: Home, run: RunContext) -> Iterator[Any]:
    """What the identity stage reads besides staging; yields no output of its own."""
    load(con, home)
    identity_ledger.load(con, home, run)
    yield from ()


def load(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Write run.published_ids from the ledger.

    A repetition of a run sees what it published itself: an id that is gone since, because a delivery was withdrawn, was
    published all the same.
    """
    files = sorted((home.ledger / "published_ids").glob("*.parquet"))
    with ledger_tables.unread(con, "published_ids", files) as (is_kept, unread):
        if not is_kept:
            con.execute(
                "create or replace table run.published_ids (customer_id varchar, anchor_key bigint, first_as_of date)"
            )
        if unread:
            paths = [str(file) for file in unread]
            con.execute(
                "create or replace temp table ids_of_files as"
                " with known as (select * from run.published_ids where customer_id in"
                "  (select customer_id from read_parquet($1)))"
                " select customer_id, any_value(anchor_key) as anchor_key, min(first_as_of) as first_as_of"
                " from (select customer_id, anchor_key, first_as_of from read_parquet($1) union all from known)"
                " group by customer_id order by customer_id",
                [paths],
            )
            con.execute(
                "delete from run.published_ids where customer_id in (select customer_id from read_parquet(?))", [paths]
            )
            con.execute("insert into run.published_ids from ids_of_files")
            con.execute("drop table ids_of_files")


def record(con: duckdb.DuckDBPyConnection, home: Home, run_id: str) -> None:
    """Keep the ids that this run publishes for the first time; repeating a run adds to its file.

    Persons first seen after as_of are published when their day comes.
    """
    _record(con, home, run_id, "context.as_of", "true")


def record_listed(con: duckdb.DuckDBPyConnection, home: Home, run_id: str, listed: Path) -> None:
    """Keep the ids that an hourly run gives away for the first time: those in the rows of the file `listed`.

    Of the day whose daily run would publish them, so that it publishes what it would have without the hourly run.
    """
    newest = newest_published(home)
    day = "cast(persons.first_seen_at + interval 9 hours as date)"
    _record(
        con,
        home,
        run_id,
        f"greatest({day}, date '{newest + timedelta(days=1)}')" if newest else "context.as_of",
        f"persons.customer_id in (select customer_id from read_parquet({literal(listed)}))",
    )


def _record(con: duckdb.DuckDBPyConnection, home: Home, run_id: str, first_as_of: str, condition: str) -> None:
    home.note_salt()
    own = home.ledger / "published_ids" / f"{run_id}.parquet"
    con.execute(
        "create or replace temp table ids_of_run as"
        f" select persons.customer_id, persons.anchor_key, {first_as_of} as first_as_of"
        " from identity.persons as persons cross join run.context as context"
        f" where persons.first_seen_at < context.as_of_end_at and {condition} and not exists"
        " (select 1 from run.published_ids as known where known.customer_id = persons.customer_id)"
    )
    if own.exists():
        con.execute(
            "insert into ids_of_run select customer_id, anchor_key, first_as_of from read_parquet(?)"
            " where customer_id not in (select customer_id from ids_of_run)",
            [str(own)],
        )
    copy_rows(con, "select * from ids_of_run order by customer_id", own)
    con.execute("drop table ids_of_run")
