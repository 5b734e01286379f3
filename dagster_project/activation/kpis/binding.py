"""A declared metric as SQL: an expression tree over a mart's columns, never text pasted together.

What is checked here is what the marts must tell: whether mart and columns exist, and whether values fit their columns.
"""

from datetime import date
from typing import Any

import duckdb
from sqlglot import exp

from dagster_project.activation.audiences.comparing import TIMES, suggestion
from dagster_project.activation.kpis.declaration import Declarations, Filter, Kpi
from dagster_project.errors import ConfigurationError
from dagster_project.yaml_lines import Place

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DOUBLE", "FLOAT", "DECIMAL")
COMPARISONS = {"is": exp.EQ, "at_least": exp.GTE, "at_most": exp.LTE}
TOKYO = exp.Interval(this=exp.Literal.string("9"), unit=exp.var("hours"))
# The mart that these metrics go into cannot be counted for them.
EXCLUDED = {"kpi_daily", "kpi_metrics"}


def bind(con: duckdb.DuckDBPyConnection, declared: Declarations, marts: set[str]) -> list[tuple[Kpi, exp.Select]]:
    """Each metric with its SELECT of (day, value), one row per day that has one. `marts`: names that may be read.

    Raises ConfigurationError with every mart, column or value that does not fit.
    """
    bound, faults = [], []
    for position, kpi in enumerate(declared.kpis):
        if kpi.mart not in marts - EXCLUDED:
            message, remedy = f"there is no mart {kpi.mart} to count", suggestion(kpi.mart, marts - EXCLUDED)
            faults.append(declared.fault((position, "mart"), message, remedy))
            continue
        types = {name: str(kind) for name, kind, *_ in con.execute(f'describe marts."{kpi.mart}"').fetchall()}
        found = [declared.fault((position, *place), *told) for place, *told in _misfits(kpi, types)]
        faults += found
        if not found:
            bound.append((kpi, _select(kpi, types)))
    if faults:
        raise ConfigurationError(faults)
    return bound


def _misfits(kpi: Kpi, types: dict[str, str]) -> list[tuple[Place, str, str]]:
    """(place in the metric, what is wrong, the remedy) for every column and value."""
    named: list[tuple[Place, str]] = [(("day",), kpi.day)]
    if kpi.column is not None:
        named.append((("column",), kpi.column))
    named += [(("filters", number, "column"), asked.column) for number, asked in enumerate(kpi.filters)]
    found = [
        (place, f"{kpi.mart} has no column {column}", suggestion(column, types))
        for place, column in named
        if column not in types
    ]
    if types.get(kpi.day, "DATE") not in TIMES:
        message = f"{kpi.day} is a {types[kpi.day]}, neither a date nor a time"
        found.append((("day",), message, suggestion(kpi.day, [name for name, kind in types.items() if kind in TIMES])))
    if (
        kpi.column in types
        and kpi.aggregate not in ("count", "count_distinct")
        and not types[kpi.column].startswith(NUMBERS)
    ):
        message = f"{kpi.column} is a {types[kpi.column]}: {kpi.aggregate} is of numbers"
        numbers = [name for name, kind in types.items() if kind.startswith(NUMBERS)]
        found.append((("column",), message, suggestion(kpi.column, numbers)))
    for number, asked in enumerate(kpi.filters):
        operator, value = asked.condition
        of = types.get(asked.column)
        for one in value if isinstance(value, list) else [value]:
            if of is not None and operator != "is_known" and not _fits(one, of):
                message = f"{asked.column} is a {of}; {one!r} is none"
                found.append((("filters", number, operator), message, "write a value of that type"))
    return found


def _fits(value: Any, kind: str) -> bool:
    if kind == "BOOLEAN":
        return isinstance(value, bool)
    if kind.startswith(NUMBERS):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "DATE":
        return isinstance(value, date)
    return kind == "VARCHAR" and isinstance(value, str)


def _select(kpi: Kpi, types: dict[str, str]) -> exp.Select:
    day = _day(kpi.day, types[kpi.day])
    select = exp.select(day.as_("day"), exp.cast(_aggregate(kpi), "decimal(18, 2)").as_("value"))
    conditions = [_condition(asked) for asked in kpi.filters] + [
        exp.not_(exp.Is(this=day.copy(), expression=exp.Null()))
    ]
    return select.from_(exp.table_(kpi.mart, db="marts", quoted=True)).where(*conditions).group_by(day.copy())


def _day(column: str, kind: str) -> exp.Expr:
    """The Tokyo day; times in marts are UTC."""
    if kind == "DATE":
        return _column(column)
    return exp.cast(exp.Add(this=_column(column), expression=TOKYO.copy()), "date")


def _aggregate(kpi: Kpi) -> exp.Expr:
    if kpi.column is None:
        return exp.Count(this=exp.Star())
    of = _column(kpi.column)
    if kpi.aggregate == "count_distinct":
        return exp.Count(this=exp.Distinct(expressions=[of]))
    return {"sum": exp.Sum, "average": exp.Avg, "minimum": exp.Min, "maximum": exp.Max}[kpi.aggregate](this=of)


def _condition(asked: Filter) -> exp.Expr:
    column = _column(asked.column)
    operator, value = asked.condition
    if operator == "is_known":
        is_null = exp.Is(this=column, expression=exp.Null())
        return exp.not_(is_null) if value else is_null
    if operator in ("one_of", "none_of"):
        among: exp.Expr = exp.In(this=column, expressions=[_value(one) for one in value])
        return among if operator == "one_of" else _or_unknown(exp.not_(among), column)
    if operator == "is_not":
        return _or_unknown(exp.NEQ(this=column, expression=_value(value)), column)
    return COMPARISONS[operator](this=column, expression=_value(value))


def _or_unknown(condition: exp.Expr, column: exp.Column) -> exp.Expr:
    return exp.paren(exp.or_(condition, exp.Is(this=column.copy(), expression=exp.Null())))


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _value(value: Any) -> exp.Expr:
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "date")
    return exp.convert(value)
