"""What DuckDB's Python lacks: values and names quoted where the engine binds none (COPY, ATTACH, views), and rows as
dicts."""

from typing import Any

import duckdb


def literal(value: object) -> str:
    """`value` as text in an SQL string literal, quoted by DuckDB itself."""
    return str(duckdb.ConstantExpression(str(value)))


def identifier(name: str) -> str:
    """`name` as the quoted name of a column, table or schema, quoted by sqlglot."""
    from sqlglot import exp  # late: a good second, for which help should not wait

    return exp.to_identifier(name, quoted=True).sql(dialect="duckdb")


def dicts(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of an executed statement, column -> value."""
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
