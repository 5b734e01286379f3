"""Where texts occur in a folder: in the raw bytes of every file, and in what packed files say once they are read."""

import gzip
import os
from collections.abc import Iterable
from pathlib import Path

import duckdb
from pyarrow import parquet

from dagster_project.sql import literal


def found_in(folder: Path, texts: Iterable[str]) -> dict[str, set[str]]:
    """File (relative to `folder`) -> the texts that occur in it, in any letter case."""
    wanted = {text.lower(): text for text in texts}
    hits: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = str(path.relative_to(folder))
            content = f"{name}\n{_content(path)}".lower()
            if there := {text for low, text in wanted.items() if low in content}:
                hits[name] = there
    return hits


def _content(path: Path) -> str:
    octets = path.read_bytes()
    text = octets.decode("utf-8", errors="ignore") + octets.decode("cp932", errors="ignore")
    if octets[:2] == b"\x1f\x8b":
        text += gzip.decompress(octets).decode("utf-8", errors="ignore")
    if octets[:4] == b"PAR1":
        text += str(parquet.read_table(path).to_pydict())
    if path.suffix == ".duckdb":
        text += _database(path)
    return text


def _database(path: Path) -> str:
    """Every value of every table of a DuckDB file, as text."""
    with duckdb.connect() as con:
        con.execute(f"attach {literal(path)} as held (read_only)")
        tables = con.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'held' order by all"
        ).fetchall()
        texts = []
        for schema, table in tables:
            rows = con.execute(
                f'select string_agg(cast(to_json(held) as varchar), chr(10)) from held."{schema}"."{table}" as held'
            ).fetchall()
            texts.append(f"{schema}.{table}{os.linesep}{rows[0][0]}")
    return "\n".join(texts)
