"""How many rows each source held at earlier runs, so that a gate can tell a usual day from an odd one."""

import json
from datetime import date

import duckdb

from dagster_project.files import parse, write_atomically
from dagster_project.home import Home


def load(con: duckdb.DuckDBPyConnection, home: Home, as_of: date) -> None:
    """Write run.volumes (as_of, source, rows) from the published runs before `as_of`."""
    con.execute("create or replace table run.volumes (as_of date, source varchar, rows bigint)")
    for file in sorted((home.ledger / "volumes").glob("*.json")):
        if date.fromisoformat(file.stem) < as_of:
            rows = [(file.stem, source, count) for source, count in parse(file, json.loads).items()]
            con.executemany("insert into run.volumes values (?, ?, ?)", rows)


def record(con: duckdb.DuckDBPyConnection, home: Home, as_of: date) -> None:
    """Keep the rows that each source holds at this run."""
    rows = dict(con.execute("select source, cast(sum(rows) as bigint) from run.files group by source").fetchall())
    write_atomically(home.ledger / "volumes" / f"{as_of}.json", json.dumps(rows, sort_keys=True).encode())
