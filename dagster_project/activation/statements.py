"""The SQL statements of activation: fixed text in `sql/`, values bound; no configuration becomes SQL."""

import re
from pathlib import Path
from typing import Any

import duckdb

FOLDER = Path(__file__).parent / "sql"


def execute(con: duckdb.DuckDBPyConnection, name: str, **values: Any) -> None:
    """Run the statements of `sql/<name>.sql`; each takes those of `values` that it names as `$value`."""
    text = re.sub(r"^\s*--.*$", "", (FOLDER / f"{name}.sql").read_text(encoding="utf-8"), flags=re.MULTILINE)
    for statement in filter(str.strip, text.split(";")):
        named = set(re.findall(r"\$([a-z_]+)", statement))
        con.execute(statement, {key: values[key] for key in named})
