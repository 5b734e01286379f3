"""How many customers fulfil a condition, who some of them are, and how each part narrows them down."""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
from sqlglot import exp

from dagster_project.activation.audiences.comparing import SUBJECTS
from dagster_project.activation.audiences.compiling import People, members
from dagster_project.activation.audiences.kinds import values_of
from dagster_project.activation.audiences.parts import All, AnyOf, Asked, Condition, Extreme, Named, Not, Part, Rows
from dagster_project.activation.audiences.passing import Clock
from dagster_project.activation.audiences.schema import Schema


@dataclass(frozen=True)
class Narrowing:
    """A part of a condition: `customers` fulfil it alone, `left` it and all parts before it that must hold as well."""

    depth: int
    part: str
    customers: int
    left: int | None


def count(con: duckdb.DuckDBPyConnection, condition: Condition, schema: Schema) -> tuple[int, int]:
    """(customers who fulfil it, all customers)."""
    (step, *_), of = explain(con, Condition(condition.part), schema, depth=0)
    return step.customers, of


def sample(con: duckdb.DuckDBPyConnection, condition: Condition, schema: Schema, number: int) -> list[str]:
    """The customer_id of up to `number` who fulfil it; the same ones from day to day, and no mere neighbours."""
    found = members(condition, schema).subquery("fulfilling")
    customer_id = exp.column("customer_id", quoted=True)
    query = exp.select(customer_id).from_(found).order_by(exp.MD5(this=customer_id.copy()), customer_id.copy())
    return [row[0] for row in con.execute(query.limit(number).sql(dialect="duckdb")).fetchall()]


def explain(
    con: duckdb.DuckDBPyConnection, condition: Condition, schema: Schema, depth: int = 20
) -> tuple[list[Narrowing], int]:
    """Each part of the condition down to `depth`, the whole first, and the number of all customers: in one pass."""
    parts = [(level, part) for level, part in _outline(condition.part, 0) if level <= depth]
    asked, column = _asked([part for _, part in parts], schema)
    before = _required_before(condition.part, [part for _, part in parts])
    counted: list[exp.Expr] = [exp.Count(this=exp.Star()), *(_count_if([one]) for one in column)]
    counted += [_count_if([column[number] for number in numbers]) for numbers in before.values()]
    [row] = con.execute(exp.select(*counted).from_(asked).sql(dialect="duckdb")).fetchall()
    alone, together = row[1 : 1 + len(parts)], dict(zip(before, row[1 + len(parts) :], strict=True))
    steps = [
        Narrowing(level, _title(part), alone[number], together.get(number))
        for number, (level, part) in enumerate(parts)
    ]
    return steps, row[0]


def nobody(con: duckdb.DuckDBPyConnection, conditions: dict[str, Condition], schema: Schema) -> list[str]:
    """The names of those conditions that no customer fulfils; touchpoints are scanned once for all of them."""
    if not conditions:
        return []
    asked, columns = _asked([condition.part for condition in conditions.values()], schema)
    found = exp.select(*[_count_if([column]) for column in columns])
    [row] = con.execute(found.from_(asked).sql(dialect="duckdb")).fetchall()
    return [name for name, number in zip(conditions, row, strict=True) if not number]


def unknown_ids(con: duckdb.DuckDBPyConnection, condition: Condition) -> list[str]:
    """Ids that the condition names and no act carries, each with its line: one scan of touchpoints."""
    named = [
        (asked.column, value, asked)
        for part in condition.walk()
        for asked in _asked_of_acts(part)
        if asked.column in SUBJECTS  # ids of masters; that no act has one may be a slip of the pen
        for comparison in asked.test
        if comparison.operator in ("is", "one_of")
        for value in values_of(comparison)
    ]
    if not named:
        return []
    seen = [
        _count_if([exp.EQ(this=exp.column(column, quoted=True), expression=exp.convert(value))])
        for column, value, _ in named
    ]
    query = exp.select(*seen).from_(exp.table_("touchpoints", db="marts", quoted=True))
    [row] = con.execute(query.sql(dialect="duckdb")).fetchall()
    return [
        str(asked.at.fault(f"no act has the {column} `{value}`"))
        for (column, value, asked), number in zip(named, row, strict=True)
        if not number
    ]


def _asked(parts: list[Part], schema: Schema) -> tuple[exp.Subquery, list[exp.Column]]:
    """Everybody, with a column per part that says whether he fulfils it; and these columns."""
    people = People(schema, Clock(schema.cut_off_at))
    tests = [people.fulfils(part) for part in parts]
    asked = people.select(*[test.as_(f"p{number}") for number, test in enumerate(tests)]).subquery("asked")
    return asked, [exp.column(f"p{number}", table="asked", quoted=True) for number in range(len(tests))]


def _asked_of_acts(part: Part) -> tuple[Asked, ...]:
    if isinstance(part, Rows) and part.mart == "touchpoints":
        return part.where
    return (*part.where, *part.was) if isinstance(part, Extreme) else ()


def _outline(part: Part, level: int) -> Iterator[tuple[int, Part]]:
    """`part` and its parts. What a name stands for is shown below it; of a single test the name says enough."""
    yield level, part
    if isinstance(part, Named) and not part.of.parts:
        return
    for one in part.of.parts if isinstance(part, Named) else part.parts:
        yield from _outline(one, level + 1)


def _required_before(whole: Part, parts: list[Part]) -> dict[int, list[int]]:
    """Number of a part that must hold -> itself and those before it that must, too."""
    if not isinstance(whole, All) or isinstance(whole, AnyOf):
        return {}
    required: list[int] = []
    found = {}
    for number, part in enumerate(parts):
        if any(part is one for one in whole.of):
            required.append(number)
            found[number] = list(required)
    return found


def _title(part: Part) -> str:
    if isinstance(part, AnyOf):
        return "any of"
    if isinstance(part, All):
        return "all of"
    if isinstance(part, Not):
        return "not"
    return part.text


def _count_if(conditions: list[exp.Expr]) -> exp.Expr:
    where = exp.and_(*[condition.copy() for condition in conditions])
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=where))
