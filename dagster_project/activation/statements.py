"""The SQL statements of activation: fixed text in each package's `sql/`, values bound; no configuration becomes SQL."""

import re
from pathlib import Path
from typing import Any

import duckdb

FOLDER = Path(__file__).parent


def execute(con: duckdb.DuckDBPyConnection, name: str, **values: Any) -> None:
    """Run the statements of `name`, that is `<package>/<file>` for `<package>/sql/<file>.sql`.

    Each statement takes those of `values` that it names as `$value`.
    """
    for statement in filter(str.strip, text(name).split(";")):
        named = set(re.findall(r"\$([a-z_]+)", statement))
        con.execute(statement, {key: values[key] for key in named})


def text(name: str) -> str:
    """The statements of `name`, without their comments."""
    package, _, file = name.partition("/")
    written = (FOLDER / package / "sql" / f"{file}.sql").read_text(encoding="utf-8")
    return re.sub(r"^\s*--.*$", "", written, flags=re.MULTILINE)
