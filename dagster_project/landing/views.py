"""What later stages read: `run.files` and one view `landing.<source>` per source, over the Parquet not
withdrawn.
"""

from dataclasses import asdict

import duckdb
import pyarrow as pa

from dagster_project.errors import StageFailed
from dagster_project.home import Home
from dagster_project.landing import manifest
from dagster_project.landing.contract import UNREADABLE, Source, sources
from dagster_project.landing.manifest import Landed
from dagster_project.sql import identifier, literal

POSITION_TYPES = {
    "_file_id": "varchar",
    "_line_no": "bigint",
    "_file_no": "integer",
    "_landing_no": "integer",
}


def refresh(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Write run.files and the views `landing.<source>`: the contract's columns, position, `_raw_line` and
    `_problem`.

    No Parquet file is opened for this beyond the first of each source. Raises StageFailed where one is gone.
    """
    files = manifest.read(home).in_use
    gone = [file for file in files if not manifest.parquet_path(home, file).exists()]
    if gone:
        raise StageFailed(
            f"landed rows of {gone[0].source}/{gone[0].name} are gone from {home.landing}; restore the folder"
            f" from a backup, or give the file up: kizuna landing withdraw {gone[0].file_id}"
        )
    con.execute("create schema if not exists run")
    con.execute("create schema if not exists landing")
    _write_files(con, home, files)
    for source in sources().values():
        con.execute(view_sql(home, source, [file for file in files if file.source == source.name]))


def view_sql(home: Home, source: Source, files: list[Landed]) -> str:
    """The statement that makes a source's view over its files; a typed empty view where there is none."""
    text = dict.fromkeys((*source.column_names, *UNREADABLE), "varchar")
    types = {name: (text | POSITION_TYPES)[name] for name in (*source.column_names, *POSITION_TYPES, *UNREADABLE)}
    nulls = {name: f"cast(null as {kind}) as {identifier(name)}" for name, kind in types.items()}
    # Files landed before a column joined the contract lack it; they are read apart, with null in its place.
    alike: dict[frozenset[str], list[Landed]] = {}
    for file in files:
        alike.setdefault(frozenset(source.column_names).difference(file.columns), []).append(file)
    parts = []
    for absent, these in alike.items():
        columns = ", ".join(nulls[name] if name in absent else identifier(name) for name in types)
        paths = ", ".join(literal(no_glob(str(manifest.parquet_path(home, file)))) for file in these)
        read = f"read_parquet([{paths}], hive_partitioning = false)"
        parts.append(f"select {columns} from {read}")
    parts = parts or [f"select {', '.join(nulls.values())} where false"]
    return f"create or replace view landing.{identifier(source.name)} as {' union all '.join(parts)}"


def _write_files(con: duckdb.DuckDBPyConnection, home: Home, files: list[Landed]) -> None:
    numbers = {"file_no": pa.int32(), "landing_no": pa.int32(), "rows": pa.int64()}
    names = ("source", "file_id", "file_no", "landing_no", "name", "path", "sha256", "rows", "landed_at")
    rows = [asdict(file) | {"path": str(manifest.parquet_path(home, file))} for file in files]
    table = pa.table({name: pa.array([row[name] for row in rows], numbers.get(name, pa.string())) for name in names})
    con.register("landed_files", table)
    try:
        con.execute(
            "create or replace table run.files as"
            " select source, file_id, file_no, landing_no, name, path, sha256, rows,"
            " cast(rtrim(landed_at, 'Z') as timestamp) as landed_at from landed_files order by file_no"
        )
    finally:
        con.unregister("landed_files")


def no_glob(path: str) -> str:
    """A path in which DuckDB sees no pattern: `[`, `*` and `?` each as a class of one character."""
    return "".join(f"[{each}]" if each in "[*?" else each for each in path)
