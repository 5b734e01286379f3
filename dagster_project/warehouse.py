"""The one factory of connections to the warehouse: within a process all must have the same settings."""

import duckdb

from dagster_project.home import Home

# dbt's profile must name the same path and no config options, or DuckDB refuses the second connection.
MEMORY_LIMIT = "6GB"
# DuckDB 2.0 writes this format, and clients from 1.2 on read it (1.5 tried).
PUBLISHED_STORAGE = "v1.2.0"


def connect(home: Home) -> duckdb.DuckDBPyConnection:
    """A read-write connection to the home's warehouse, in UTC."""
    con = duckdb.connect(str(home.warehouse))
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
    return con
