"""Tests as SQL: expression trees, with every value a literal made by the library.

An unknown value passes `is_not`, `none_of` and `is_known: false`, and no other comparison. Otherwise null is said of
it, which a filter takes for false, and by which DuckDB can skip blocks of rows; `sure` makes it false where it may be
denied.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlglot import exp

from dagster_project.activation.audiences.kinds import family, values_of
from dagster_project.activation.audiences.parts import Comparison, Duration, Test
from dagster_project.run_context import TOKYO

ORDERED = {"at_least": exp.GTE, "at_most": exp.LTE, "above": exp.GT, "below": exp.LT, "from": exp.GTE, "until": exp.LTE}
MOMENT_COLUMNS = {"trigger": "triggered_at", "previous_step": "previous_at"}


@dataclass(frozen=True)
class Clock:
    """The cut-off (naive UTC, exclusive), and the relation whose rows have moments of a scenario, if there is one."""

    cut_off_at: datetime
    frame: str = ""

    @property
    def today(self) -> date:
        """The Tokyo day that the cut-off ends, or lies in."""
        return (self.cut_off_at + TOKYO - timedelta(microseconds=1)).date()

    def moment(self, name: str) -> exp.Column:
        """The column of the frame that holds a moment."""
        return exp.column(MOMENT_COLUMNS[name], table=self.frame, quoted=True)


def holds(test: Test, column: exp.Expr, kind: str, clock: Clock) -> exp.Expr:
    """Whether `column`, of `kind`, passes every comparison of `test`: true, or false or null."""
    found: list[exp.Expr] = []
    since = next((one for one in test if one.operator == "since"), None)
    for comparison in test:
        if comparison.operator == "within" and since is not None:
            found.append(_within_of(comparison.value, since.value, column, kind, clock))
        else:
            found.append(_compared(comparison, column, kind, clock))
    return exp.and_(*found) if len(found) > 1 else found[0]


def _compared(comparison: Comparison, column: exp.Expr, kind: str, clock: Clock) -> exp.Expr:
    operator, value = comparison.operator, comparison.value
    if operator == "is_known":
        return _known(column, kind) if value else exp.not_(_known(column, kind))
    if kind == "any":
        column, kind = _read_as(comparison, column)
    if operator in ("is", "one_of"):
        return _equals(values_of(comparison), column, kind)
    if operator in ("is_not", "none_of"):
        return exp.not_(sure(_equals(values_of(comparison), column, kind)))
    if operator == "between":
        both = (_ordered("at_least", value[0], column, kind), _ordered("at_most", value[1], column, kind))
        return exp.and_(*both)
    if operator == "starts_with":
        return exp.StartsWith(this=column.copy(), expression=exp.Literal.string(value))
    if operator == "as":
        return exp.EQ(this=column.copy(), expression=exp.column(column.name, table=clock.frame, quoted=True))
    if operator == "since":
        return _since(value, column, kind, clock)
    if operator in ("within", "before", "ahead"):
        return _from_now(operator, value, column, kind, clock)
    return _ordered(operator, value, column, kind)


def sure(condition: exp.Expr) -> exp.Expr:
    """False where `condition` is null."""
    return exp.Coalesce(this=condition, expressions=[exp.false()])


def _known(column: exp.Expr, kind: str) -> exp.Expr:
    known = exp.not_(exp.Is(this=column.copy(), expression=exp.Null()))
    if kind != "list":
        return known
    return exp.GT(
        this=exp.Coalesce(this=exp.ArraySize(this=column.copy()), expressions=[exp.convert(0)]),
        expression=exp.convert(0),
    )


def _read_as(comparison: Comparison, column: exp.Expr) -> tuple[exp.Expr, str]:
    """A text that may hold anything, read as what it is compared with; null where it cannot be read so."""
    values = values_of(comparison)
    kind = family(values[0]) if values else "date"
    types = {"number": "decimal(38, 9)", "date": "date", "time": "timestamp", "boolean": "boolean"}
    if kind not in types:
        return column, kind
    return exp.TryCast(this=column.copy(), to=exp.DataType.build(types[kind])), kind


def _equals(values: tuple[Any, ...], column: exp.Expr, kind: str) -> exp.Expr:
    if kind == "list":
        return exp.ArrayOverlaps(this=column.copy(), expression=exp.array(*[literal(value) for value in values]))
    days = [value for value in values if kind == "time" and family(value) == "date"]
    if days:
        spans = [
            exp.and_(_ordered("at_least", day, column, kind), _ordered("at_most", day, column, kind)) for day in days
        ]
        rest = [exp.EQ(this=column.copy(), expression=literal(value)) for value in values if value not in days]
        return exp.or_(*spans, *rest)
    if len(values) == 1:
        return exp.EQ(this=column.copy(), expression=literal(values[0]))
    return exp.In(this=column.copy(), expressions=[literal(value) for value in values])


def _ordered(operator: str, value: Any, column: exp.Expr, kind: str) -> exp.Expr:
    if kind == "time" and family(value) == "date":
        # A Tokyo day is a span of UTC time: what is at most that day ends where the next one begins.
        begins = datetime.combine(value, datetime.min.time()) - TOKYO
        ends = begins + timedelta(days=1)
        way, at = {
            "at_least": (exp.GTE, begins),
            "from": (exp.GTE, begins),
            "below": (exp.LT, begins),
            "at_most": (exp.LT, ends),
            "until": (exp.LT, ends),
            "above": (exp.GTE, ends),
        }[operator]
        return way(this=column.copy(), expression=literal(at))
    return ORDERED[operator](this=column.copy(), expression=literal(value))


def _from_now(operator: str, length: Duration, column: exp.Expr, kind: str, clock: Clock) -> exp.Expr:
    """On days, a length counts whole Tokyo days that end with today; on times, back or on from the cut-off."""
    now = literal(clock.today if kind == "date" else clock.cut_off_at)
    if operator == "ahead":
        until = _shifted(now, length, exp.Add, kind)
        if kind == "date":
            after, up_to = (
                exp.GT(this=column.copy(), expression=now),
                exp.LTE(this=column.copy(), expression=until),
            )
            return exp.and_(after, up_to)
        return exp.and_(exp.GTE(this=column.copy(), expression=now), exp.LT(this=column.copy(), expression=until))
    then = _shifted(now, length, exp.Sub, kind)
    if operator == "before":
        return (exp.LTE if kind == "date" else exp.LT)(this=column.copy(), expression=then)
    if kind == "date":
        return exp.and_(exp.GT(this=column.copy(), expression=then), exp.LTE(this=column.copy(), expression=now))
    return exp.and_(exp.GTE(this=column.copy(), expression=then), exp.LT(this=column.copy(), expression=now))


def _since(moment: str, column: exp.Expr, kind: str, clock: Clock) -> exp.Expr:
    """Strictly after the moment; a day, which has no hour, is taken from the moment's own day on."""
    if kind == "date":
        return exp.GTE(this=column.copy(), expression=_day(clock.moment(moment)))
    return exp.GT(this=column.copy(), expression=clock.moment(moment))


def _within_of(length: Duration, moment: str, column: exp.Expr, kind: str, clock: Clock) -> exp.Expr:
    if kind == "date":
        until = _shifted(_day(clock.moment(moment)), length, exp.Add, kind)
        return exp.LTE(this=column.copy(), expression=until)
    return exp.LTE(this=column.copy(), expression=_shifted(clock.moment(moment), length, exp.Add, kind))


def _shifted(moment: exp.Expr, length: Duration, way: type[exp.Binary], kind: str) -> exp.Expr:
    """`moment` and a length of time from it; calendar months are Tokyo's, so they are counted in Tokyo's time."""
    shifted = moment.copy()
    if kind == "time" and length.months:
        shifted = exp.Add(this=shifted, expression=_interval(9, "hours"))
    for number, unit in ((length.months, "months"), (length.days, "days"), (length.hours, "hours")):
        if number:
            shifted = way(this=shifted, expression=_interval(number, unit))
    if kind == "time" and length.months:
        shifted = exp.Sub(this=shifted, expression=_interval(9, "hours"))
    return exp.cast(shifted, "date") if kind == "date" else exp.paren(shifted)


def _interval(number: int, unit: str) -> exp.Interval:
    return exp.Interval(this=exp.Literal.string(str(number)), unit=exp.var(unit))


def _day(moment: exp.Expr) -> exp.Expr:
    return exp.cast(exp.Add(this=moment, expression=_interval(9, "hours")), "date")


def literal(value: Any) -> exp.Expr:
    """`value` as SQL."""
    if isinstance(value, datetime):
        return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), "timestamp")
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "date")
    return exp.convert(value)
