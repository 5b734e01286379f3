"""What identity_health said at earlier runs, from the ledger: what a change since yesterday is counted from.

`home/ledger/identity_health/<as_of>.parquet` holds the mart's figures of one published run, a few hundred rows.
"""

from datetime import date

import duckdb

from dagster_project.files import copy_rows
from dagster_project.home import Home
from dagster_project.publish.runs import published_files
from dagster_project.run_context import HEALTH_COLUMNS

# A gate takes this many earlier runs for enough to tell what is usual; older ones say nothing about today.
RUNS = 7


def load(con: duckdb.DuckDBPyConnection, home: Home, as_of: date) -> None:
    """Write run.identity_health_before from the newest published runs before `as_of`.

    Repeating a run does not see what it said itself, so it says the same again.
    """
    con.execute(f"create or replace table run.identity_health_before ({HEALTH_COLUMNS})")
    days = [day for day in sorted(published_files(home)) if day < as_of]
    files = [home.ledger / "identity_health" / f"{day}.parquet" for day in days]
    if kept := [str(file) for file in files if file.exists()][-RUNS:]:
        con.execute("insert into run.identity_health_before by name select * from read_parquet(?)", [kept])


def record(con: duckdb.DuckDBPyConnection, home: Home, as_of: date) -> None:
    """Keep the figures of this run; repeating it replaces them."""
    rows = "select as_of, metric, dimension, reason, value from marts.identity_health order by all"
    copy_rows(con, rows, home.ledger / "identity_health" / f"{as_of}.parquet")
