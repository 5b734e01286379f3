"""Opening the published marts as an analyst does."""

from datetime import date

import duckdb

from dagster_project.errors import UsageError
from dagster_project.home import Home
from dagster_project.sql import literal


def connect_published(home: Home) -> duckdb.DuckDBPyConnection:
    """A read-only connection in which `marts.<mart>` is found. Raises UsageError where nothing was published yet.

    The file is attached under another name: opened directly, DuckDB calls its catalog `marts` like the schema in it,
    and finds `marts.customers` ambiguous.
    """
    if not home.published.exists():
        raise UsageError(f"{home.path} has no published marts yet; run: kizuna run --home {home.path}")
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"attach {literal(home.published)} as published (read_only)")
    con.execute("use published")
    return con


def connect_day(home: Home, as_of: date) -> duckdb.DuckDBPyConnection:
    """A connection in which `marts.<mart>` is one published day's Parquet. Raises UsageError where it is not kept."""
    folder = home.marts / str(as_of)
    if not folder.is_dir():
        raise UsageError(f"{home.path} keeps no marts of {as_of}; run: kizuna run --as-of {as_of} --home {home.path}")
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    con.execute("create schema marts")
    for file in sorted(folder.glob("*.parquet")):
        con.execute(f"create view marts.{file.stem} as select * from read_parquet({literal(file)})")
    return con
