"""What DuckDB's Python lacks: values quoted where the engine binds none (COPY, ATTACH, views), and rows as dicts."""

from typing import Any

import duckdb


def literal(value: object) -> str:
    """`value` as text in an SQL string literal, quoted by DuckDB itself."""
    return str(duckdb.ConstantExpression(str(value)))


def dicts(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of an executed statement, column -> value."""
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
