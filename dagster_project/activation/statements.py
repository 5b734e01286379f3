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
    package, _, file = name.partition("/")
    text = (FOLDER / package / "sql" / f"{file}.sql").read_text(encoding="utf-8")
    for statement in filter(str.strip, re.sub(r"^\s*--.*$", "", text, flags=re.MULTILINE).split(";")):
        named = set(re.findall(r"\$([a-z_]+)", statement))
        con.execute(statement, {key: values[key] for key in named})
