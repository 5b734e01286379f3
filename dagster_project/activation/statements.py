"""The SQL statements of activation: fixed text in each package's `sql/`, values bound; no configuration becomes SQL."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def joined_as_written(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Within, DuckDB turns no join round: one after another of many left joins, it may build a table from rows of two
    origins, take a column for a dictionary by the first of them, and end with an internal error (as in its issue
    24807). So the tables that are joined must be small enough to be hashed whole.
    """
    con.execute("set disabled_optimizers = 'build_side_probe_side'")
    try:
        yield
    finally:
        con.execute("set disabled_optimizers = ''")


def text(name: str) -> str:
    """The statements of `name`, without their comments."""
    package, _, file = name.partition("/")
    written = (FOLDER / package / "sql" / f"{file}.sql").read_text(encoding="utf-8")
    return re.sub(r"^\s*--.*$", "", written, flags=re.MULTILINE)
