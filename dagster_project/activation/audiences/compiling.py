"""Conditions as SQL: expression trees of sqlglot, never text pasted together.

What is asked of customers alone becomes one relation: `customers`, joined to one aggregate of each mart that the
condition reads, so that touchpoints are scanned once however many acts are asked about. What is asked since a moment of
a scenario depends on the row that asks, and becomes a subquery of that row.
"""

from dataclasses import dataclass, field

from sqlglot import exp

from dagster_project.activation.audiences.binding import check
from dagster_project.activation.audiences.comparing import MOMENTS
from dagster_project.activation.audiences.kinds import values_of
from dagster_project.activation.audiences.parts import (
    All,
    AnyOf,
    Asked,
    Attribute,
    Comparison,
    Condition,
    External,
    Extreme,
    Named,
    Not,
    Part,
    Rows,
    moments,
)
from dagster_project.activation.audiences.passing import Clock, holds, literal, sure
from dagster_project.activation.audiences.schema import Schema
from dagster_project.errors import ConfigurationError
from dagster_project.publish.catalog import EVENT_TIME

PERSON, ROW = "person", "mart_row"
# An order gives an act for each of its lines, which tell apart by these alone.
OF_LINES = ("brand_id", "product_id", "category", "quantity", "amount", "touchpoint_id", "source_key", "is_first_line")
BY_LINES = ("purchase", "return")
# Tests of a number that ask whether there is any: rows answer them, and telling days or orders apart costs much more.
WHETHER = {("at_least", 1), ("above", 0), ("is", 0), ("is_not", 0), ("at_most", 0), ("below", 1)}


def predicate(condition: Condition, frame: str, schema: Schema) -> exp.Expr:
    """Whether the person of a row of `frame` fulfils `condition`: a boolean that is never null.

    `frame` is the alias of a relation with customer_id, of people in `customers`, and with triggered_at and
    previous_at where the condition names those moments. Raises ConfigurationError with every fault of the condition
    against the marts.
    """
    require_sound(condition, schema)
    return _framed(condition.part, schema, Clock(schema.cut_off_at, frame))


def require_sound(condition: Condition, schema: Schema, moments: tuple[str, ...] = MOMENTS) -> None:
    """Raise ConfigurationError with every fault of `condition` against the marts."""
    if faults := check(condition, schema, moments):
        raise ConfigurationError(faults)


def members(condition: Condition, schema: Schema) -> exp.Select:
    """The customer_id of everybody who fulfils a condition that names no moment; sound, as `require_sound` finds."""
    return _members(condition.part, schema, Clock(schema.cut_off_at))


def _members(part: Part, schema: Schema, clock: Clock) -> exp.Select:
    people = People(schema, clock)
    fulfilled = people.fulfils(part)
    return people.select(_column("customer_id", PERSON)).where(fulfilled)


def _framed(part: Part, schema: Schema, clock: Clock) -> exp.Expr:
    if not moments(part):
        frame = _column("customer_id", clock.frame)
        return exp.In(this=frame, query=_members(part, schema, Clock(clock.cut_off_at)).subquery())
    if isinstance(part, Named):
        return _framed(part.of, schema, clock)
    if isinstance(part, Not):
        return exp.not_(exp.paren(_framed(part.of, schema, clock)))
    if isinstance(part, All):
        # Those without a moment are asked together, in one scan.
        alone = tuple(one for one in part.of if not moments(one))
        joined: list[Part] = [type(part)(alone)] if len(alone) > 1 else list(alone)
        conditions = [_framed(one, schema, clock) for one in (*joined, *(one for one in part.of if moments(one)))]
        return _connected(part, conditions)
    return _of_the_row(part, schema, clock)


def _of_the_row(part: Part, schema: Schema, clock: Clock) -> exp.Expr:
    """A part that depends on a moment of the frame's row."""
    person = exp.EQ(this=_column("customer_id", ROW), expression=_column("customer_id", clock.frame))
    if isinstance(part, Attribute):
        rows = exp.select("1").from_(_mart("customers").as_(ROW))
        return exp.Exists(this=rows.where(person, _test(part.asked, "customers", schema, clock)))
    if isinstance(part, Extreme) and part.when:
        marks = _Marks(part, schema, clock)
        of_acts = [_column("customer_id", ROW), marks.at.as_("at")]
        if marks.was is not None:
            of_acts.append(_filtered(marks.at, marks.was).as_("was_at"))
        acts = exp.select(*of_acts).from_(_mart("touchpoints").as_(ROW)).group_by(_column("customer_id", ROW))
        acts = acts.where(*_known_rows("touchpoints", schema), marks.rows)
        asked = [holds(part.when.test, _column("at", "act"), "time", clock)]
        if marks.was is not None:
            asked.append(exp.EQ(this=_column("at", "act"), expression=_column("was_at", "act")))
        of = exp.EQ(this=_column("customer_id", "act"), expression=_column("customer_id", clock.frame))
        return exp.Exists(this=exp.select("1").from_(acts.subquery("act")).where(of, *asked))
    if not isinstance(part, Rows):
        raise TypeError(f"{type(part).__name__} has no moment")
    where = [person, *_known_rows(part.mart, schema), *(_test(one, part.mart, schema, clock) for one in part.where)]
    rows = exp.select("1").from_(_mart(part.mart).as_(ROW)).where(*where)
    if part.measure == "count" and part.test == (Comparison("at_least", 1),):
        return exp.Exists(this=rows)
    number = rows.select(_measure(part, exp.true()), append=False).subquery()
    return holds(part.test, exp.Coalesce(this=number, expressions=[exp.convert(0)]), "number", clock)


@dataclass
class People:
    """`customers` joined to an aggregate of each mart that parts read; `fulfils` adds what its part needs."""

    schema: Schema
    clock: Clock
    _aggregates: dict[str, dict[str, tuple[str, exp.Expr]]] = field(default_factory=dict)
    _rows: dict[str, list[exp.Expr]] = field(default_factory=dict)

    def fulfils(self, part: Part) -> exp.Expr:
        """Whether a row of `select` fulfils `part`: never null."""
        if isinstance(part, Named):
            return self.fulfils(part.of)
        if isinstance(part, Not):
            return exp.not_(exp.paren(self.fulfils(part.of)))
        if isinstance(part, All):
            return _connected(part, [self.fulfils(one) for one in part.of])
        if isinstance(part, Attribute):
            return sure(_test(part.asked, "customers", self.schema, self.clock, PERSON))
        if isinstance(part, Extreme):
            return self._extreme(part)
        if isinstance(part, External):
            return self._external(part)
        if not isinstance(part, Rows):
            raise TypeError(f"{type(part).__name__} is no condition")
        rows = _both(*(_test(one, part.mart, self.schema, self.clock) for one in part.where))
        number = self._aggregate(part.mart, rows, _measure(part, rows))
        return holds(part.test, exp.Coalesce(this=number, expressions=[exp.convert(0)]), "number", self.clock)

    def select(self, *columns: exp.Expr) -> exp.Select:
        """The people, with what the parts so far need of the marts."""
        query = exp.select(*columns).from_(_mart("customers").as_(PERSON))
        for position, (mart, aggregates) in enumerate(self._aggregates.items()):
            name = f"of_{position}"
            rows = exp.select(_column("customer_id", ROW), *(one.as_(alias) for alias, one in aggregates.values()))
            rows = rows.from_(self._relation(mart).as_(ROW)).where(
                *_known_rows(mart, self.schema), exp.or_(*self._rows[mart])
            )
            on = exp.EQ(this=_column("customer_id", name), expression=_column("customer_id", PERSON))
            aggregate = rows.group_by(_column("customer_id", ROW)).subquery(name)
            query = query.join(aggregate, on=on, join_type="left")
        return query

    def _extreme(self, part: Extreme) -> exp.Expr:
        marks = _Marks(part, self.schema, self.clock)
        at = self._aggregate("touchpoints", marks.rows, _filtered(marks.at, marks.rows))
        asked: list[exp.Expr] = [exp.not_(exp.Is(this=at, expression=exp.Null()))]
        if part.when:
            asked = [holds(part.when.test, at, "time", self.clock)]
        if marks.was is not None:
            was = self._aggregate("touchpoints", marks.rows, _filtered(marks.at, marks.was))
            asked.append(exp.EQ(this=at.copy(), expression=was))
        return sure(exp.and_(*asked))

    def _external(self, part: External) -> exp.Expr:
        # One row per person and name, so that any aggregate is the value itself.
        named = exp.EQ(this=_column("name", ROW), expression=exp.Literal.string(part.name))
        value = self._aggregate("external", named, _filtered(exp.Max(this=_column("value", ROW)), named))
        return sure(holds(part.test, value, "any", self.clock))

    def _aggregate(self, mart: str, rows: exp.Expr, aggregate: exp.Expr) -> exp.Column:
        """The column of an aggregate that reads no other rows of a mart than `rows`; the same one is computed once."""
        marts = list(self._aggregates)
        if mart not in marts:
            self._aggregates[mart], self._rows[mart] = {}, []
            marts.append(mart)
        held = self._aggregates[mart]
        alias, _ = held.setdefault(aggregate.sql(dialect="duckdb"), (f"m{len(held)}", aggregate))
        if rows not in self._rows[mart]:
            self._rows[mart].append(rows.copy())
        return _column(alias, f"of_{marts.index(mart)}")

    def _relation(self, mart: str) -> exp.Table:
        if mart != "external":
            return _mart(mart)
        schema, table = self.schema.external
        return exp.table_(table, db=schema, quoted=True)


class _Marks:
    """Of a first or last act: the aggregate of its time, the rows that count, and those that were what is asked."""

    def __init__(self, part: Extreme, schema: Schema, clock: Clock):
        self.at = (exp.Min if part.which == "first" else exp.Max)(this=_column("occurred_at", ROW))
        self.rows = _both(*(_test(one, "touchpoints", schema, clock) for one in part.where))
        asked = [_test(one, "touchpoints", schema, clock) for one in part.was]
        self.was = _both(self.rows, *asked) if asked else None


def _both(*conditions: exp.Expr) -> exp.Expr:
    """All of them; true where there is none."""
    return exp.and_(*conditions) if conditions else exp.true()


def _measure(part: Rows, rows: exp.Expr) -> exp.Expr:
    """How many of `rows` there are, as `part` counts them."""
    if part.measure in ("count", "days") and all((one.operator, one.value) in WHETHER for one in part.test):
        return _filtered(exp.Count(this=exp.Star()), rows)
    if part.measure == "days":
        return _filtered(exp.Count(this=exp.Distinct(expressions=[_column("occurred_on", ROW)])), rows)
    if part.measure != "count":
        return _filtered(exp.Sum(this=_column(part.measure, ROW)), rows)
    if part.mart != "touchpoints" or not _may_be_lines(part.where):
        return _filtered(exp.Count(this=exp.Star()), rows)
    if any(asked.column in OF_LINES for asked in part.where):
        # Any line of an order may be the one that is asked about; the order is counted once.
        is_order = exp.In(this=_column("action", ROW), expressions=[exp.convert(action) for action in BY_LINES])
        order = exp.Case(ifs=[exp.If(this=is_order, true=_column("order_id", ROW))])
        act = exp.Coalesce(this=order, expressions=[_column("touchpoint_id", ROW)])
        return _filtered(exp.Count(this=exp.Distinct(expressions=[act])), rows)
    first = _column("is_first_line", ROW)
    return _filtered(exp.Count(this=exp.Star()), exp.and_(rows, first))


def _may_be_lines(where: tuple[Asked, ...]) -> bool:
    for asked in where:
        if asked.column == "action":
            for one in asked.test:
                if one.operator in ("is", "one_of") and not set(values_of(one)) & set(BY_LINES):
                    return False
    return True


def _connected(part: All, conditions: list[exp.Expr]) -> exp.Expr:
    joined = [exp.paren(one) for one in conditions]
    return exp.or_(*joined) if isinstance(part, AnyOf) else exp.and_(*joined)


def _test(asked: Asked, mart: str, schema: Schema, clock: Clock, table: str = ROW) -> exp.Expr:
    return holds(asked.test, _column(asked.column, table), schema.kinds[mart][asked.column], clock)


def _known_rows(mart: str, schema: Schema) -> list[exp.Expr]:
    """Only rows before the cut-off, in marts of events."""
    if mart not in EVENT_TIME:
        return []
    return [exp.LT(this=_column(EVENT_TIME[mart], ROW), expression=literal(schema.cut_off_at))]


def _filtered(aggregate: exp.Expr, rows: exp.Expr) -> exp.Expr:
    if rows == exp.true():
        return aggregate.copy()
    return exp.Filter(this=aggregate.copy(), expression=exp.Where(this=rows.copy()))


def _mart(name: str) -> exp.Table:
    return exp.table_(name, db="marts", quoted=True)


def _column(name: str, table: str) -> exp.Column:
    return exp.column(name, table=table, quoted=True)
