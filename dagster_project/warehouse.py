"""The one factory of connections to the warehouse: within a process all must have the same settings."""

import duckdb

from dagster_project.home import Home

# dbt's profile must name the same path and no config options, or DuckDB refuses the second connection.
MEMORY_LIMIT = "6GB"


def connect(home: Home) -> duckdb.DuckDBPyConnection:
    """A read-write connection to the home's warehouse, in UTC."""
    con = duckdb.connect(str(home.warehouse))
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
    return con
