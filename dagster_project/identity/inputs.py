"""What identity's models read besides staging: the keys that records are compared by."""

from collections.abc import Iterator
from typing import Any

import duckdb
from dagster import AssetSpec, MaterializeResult

from dagster_project import progress
from dagster_project.home import Home
from dagster_project.identity import matching_keys
from dagster_project.run_context import RunContext

MATCHING_KEYS = ["pii", "matching_keys"]

IDENTITY_INPUTS = [
    AssetSpec(
        MATCHING_KEYS,
        group_name="identity",
        kinds={"python", "duckdb"},
        owners=["team:data-platform"],
        skippable=True,
        description="One row per distinct name, reading or address of members and cards: what it is compared by.",
        deps=[["staging", records] for records in matching_keys.RECORDS],
    )
]


def prepare_matching(con: duckdb.DuckDBPyConnection, home: Home, run: RunContext) -> Iterator[Any]:
    """Key the names and addresses that are new."""
    added = matching_keys.fill(
        con, progress=lambda done, total: progress.report("", f"keyed {done:,} of {total:,} names and addresses")
    )
    [(rows,)] = con.execute("select count(*) from pii.matching_keys").fetchall()
    yield MaterializeResult(asset_key=MATCHING_KEYS, metadata={"dagster/row_count": rows, "added": added})
