"""What staging's models read besides landing: distinct raw values, each normalised once in Python."""

from collections.abc import Iterator
from typing import Any

import duckdb
from dagster import AssetSpec, MaterializeResult

from dagster_project import incremental, progress
from dagster_project.home import Home
from dagster_project.landing import contract
from dagster_project.run_context import RunContext
from dagster_project.staging.values import normalise_new_values

NORMALISED = ["staging", "normalised_values"]

STAGING_INPUTS = [
    AssetSpec(
        NORMALISED,
        group_name="staging",
        kinds={"python", "duckdb"},
        owners=["team:data-platform"],
        skippable=True,
        description="One row per distinct raw value that SQL cannot read itself: kind, raw, value, problem.",
        deps=[["landing", name] for name in contract.sources()],
    )
]


def prepare_staging(con: duckdb.DuckDBPyConnection, home: Home, run: RunContext) -> Iterator[Any]:
    """Drop staged tables that no longer follow from landing and rules, then normalise the values of new files."""
    rebuilt = incremental.reset(con, home)
    if rebuilt:
        progress.report("", f"built from landing anew: {', '.join(sorted(rebuilt))}")
    added = normalise_new_values(
        con, progress=lambda done, total: progress.report("", f"normalised {done:,} of {total:,} new values")
    )
    [(rows,)] = con.execute("select count(*) from staging.normalised_values").fetchall()
    yield MaterializeResult(asset_key=NORMALISED, metadata={"dagster/row_count": rows, "added": added})
