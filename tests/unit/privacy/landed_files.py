"""Landed files of a few rows, as landing writes them, and what is left of them."""

from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from dagster_project.landing.contract import sources
from dagster_project.landing.parquet_file import schema

Row = dict[str, str | None]


def write(path: Path, source: str, rows: list[Row]) -> Path:
    """A landed file of `source`; lines are numbered from 2, as after a header. `_raw_line` is that of a torn line."""
    extra = [name for name in dict.fromkeys(name for row in rows for name in row) if not name.startswith("_")]
    names = list(dict.fromkeys([*sources()[source].column_names, *extra]))
    places = {"_file_id": path.stem, "_file_no": 1, "_landing_no": 1}
    filled = [
        dict.fromkeys(names) | {"_raw_line": None, "_problem": None} | row | places | {"_line_no": line_no}
        for line_no, row in enumerate(rows, 2)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.Table.from_pylist(filled, schema=schema(names)), path)
    return path


def read(path: Path) -> list[Row]:
    """The rows of a landed file, without what is null and without its place but the line."""
    hidden = ("_file_id", "_file_no", "_landing_no")
    return [
        {name: value for name, value in row.items() if value is not None and name not in hidden}
        for row in parquet.read_table(path).to_pylist()
    ]
