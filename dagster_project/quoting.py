"""Values in SQL where the engine binds none: in COPY, ATTACH and views."""

import duckdb


def literal(value: object) -> str:
    """`value` as text in an SQL string literal, quoted by DuckDB itself."""
    return str(duckdb.ConstantExpression(str(value)))
