"""The warehouse file, written anew after an erasure: DuckDB keeps what was deleted in the blocks that it has freed."""

import gc

import duckdb

from dagster_project import dbt_runner, progress
from dagster_project.files import replace, sync
from dagster_project.gates import validation
from dagster_project.home import Home
from dagster_project.privacy import record
from dagster_project.sql import literal
from dagster_project.warehouse import MEMORY_LIMIT


def compact(home: Home) -> bool:
    """Write the warehouse anew where an erasure asks for it; whether it did. Nobody else may have it open.

    A stop leaves the old file, and the next run does it.
    """
    waiting = record.unfinished(home, "warehouse_file", after="warehouse")
    if not waiting:
        return False
    if home.warehouse.exists():
        dbt_runner.release()
        validation.release()
        gc.collect()  # of what holds a connection and is only waiting for that
        aside = home.scratch / "warehouse.duckdb"
        for left in (aside, aside.with_name(aside.name + ".wal")):
            left.unlink(missing_ok=True)
        progress.report("", "the warehouse is written anew, without what was erased")
        with duckdb.connect() as con:
            con.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
            con.execute(f"attach {literal(home.warehouse)} as old")
            con.execute("checkpoint old")
            con.execute(f"attach {literal(aside)} as new")
            con.execute("copy from database old to new")
            con.execute("detach new")
        sync(aside)
        home.warehouse.with_name(home.warehouse.name + ".wal").unlink(missing_ok=True)
        replace(aside, home.warehouse)
    for each in waiting:
        record.write(home, each.with_step("warehouse_file"))
    return True
