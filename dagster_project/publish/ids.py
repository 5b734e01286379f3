"""Every customer id that was ever published, in the ledger: the ground of aliases that never break."""

from collections.abc import Iterator
from typing import Any

import duckdb

from dagster_project.activation.ledger import run_id_of
from dagster_project.files import replace, sync
from dagster_project.home import Home
from dagster_project.run_context import RunContext


def load_published_ids(con: duckdb.DuckDBPyConnection, home: Home, run: RunContext) -> Iterator[Any]:
    """What the identity stage reads besides staging; yields no output of its own."""
    load(con, home, run_id_of(run))
    yield from ()


def load(con: duckdb.DuckDBPyConnection, home: Home, run_id: str) -> None:
    """Write run.published_ids from the ledger; a repetition of a run does not see what it published itself."""
    files = [str(file) for file in sorted((home.ledger / "published_ids").glob("*.parquet"))
             if file.stem != run_id]
    con.execute("create or replace table run.published_ids"
                " (customer_id varchar, anchor_key bigint, first_as_of date)")
    if files:
        con.execute("insert into run.published_ids select customer_id, any_value(anchor_key), min(first_as_of)"
                    " from read_parquet(?) group by customer_id order by customer_id", [files])


def record(con: duckdb.DuckDBPyConnection, home: Home, run_id: str) -> None:
    """Keep the ids that this run publishes for the first time; repeating a run replaces its file."""
    folder = home.ledger / "published_ids"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = folder / f"{run_id}.parquet.tmp"
    target = str(aside).replace("'", "''")
    con.execute(
        "copy (select persons.customer_id, persons.anchor_key, context.as_of as first_as_of"
        " from identity.persons as persons cross join run.context as context"
        " where not exists (select 1 from run.published_ids as known where known.customer_id = persons.customer_id)"
        f" order by persons.customer_id) to '{target}' (format parquet, compression zstd)")
    sync(aside)
    replace(aside, folder / f"{run_id}.parquet")
