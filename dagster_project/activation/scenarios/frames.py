"""Conditions of scenarios as SQL: whom the language of audiences and a scenario's own words let through, in each run.

Expressions are made by sqlglot, values quoted by it; nothing of a file becomes SQL text.
"""

from collections.abc import Iterator

import duckdb
from sqlglot import exp

from dagster_project.activation.audiences.compiling import predicate
from dagster_project.activation.audiences.parts import Condition
from dagster_project.activation.audiences.passing import literal
from dagster_project.activation.audiences.schema import Schema
from dagster_project.activation.scenarios.declaration import Scenario, Step, When

FRAME = "frame"


def conditions_of(scenario: Scenario) -> Iterator[Condition]:
    """Every condition in the language of audiences that a scenario asks."""
    yield from (when.others for _, when in scenario.whens if when.others)
    if scenario.audience:
        yield scenario.audience


def keep_audience(con: duckdb.DuckDBPyConnection, scenario: Scenario, schema: Schema) -> None:
    """Leave out first steps of who is not in the audience: who is not in it was not triggered."""
    if scenario.audience is None:
        return
    kept = exp.select(_column("match_key")).from_(_due(scenario.id, scenario.steps[0].step, "triggered_at"))
    kept = kept.where(predicate(scenario.audience, FRAME, schema))
    con.execute("create or replace temp table kept_keys as " + kept.sql(dialect="duckdb"))
    con.execute(
        "delete from activation.due_steps where scenario_id = ? and step = ?"
        " and match_key not in (select match_key from kept_keys)",
        [scenario.id, scenario.steps[0].step],
    )


def gather_days(con: duckdb.DuckDBPyConnection, scenario: Scenario, schema: Schema) -> None:
    """Triggers of a scenario of calendar days: everybody of the audience, and who is on the way already."""
    if scenario.audience is None:
        raise ValueError(f"scenario {scenario.id} is for everybody")
    inner = (
        exp.select("customers.customer_id", "days.*")
        .select("customers.customer_id || '|' || days.trigger_key as match_key")
        .from_(exp.table_("customers", db="insights"))
        .join(exp.table_("trigger_days", db="activation", alias="days"), join_type="cross")
        .where(exp.EQ(this=exp.column("scenario_id", table="days"), expression=exp.Literal.string(scenario.id)))
    )
    under_way = exp.In(
        this=_column("match_key"),
        query=exp.select("match_key")
        .from_("activation.progress")
        .where(exp.EQ(this=exp.column("scenario_id"), expression=exp.Literal.string(scenario.id)))
        .subquery(),
    )
    chosen = (
        exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier(FRAME)))
        .from_(inner.subquery(FRAME))
        .where(exp.or_(predicate(scenario.audience, FRAME, schema), under_way))
    )
    con.execute("insert into activation.triggers by name " + chosen.sql(dialect="duckdb"))


def meet_exits(con: duckdb.DuckDBPyConnection, scenario: Scenario, number: int, schema: Schema) -> None:
    """Rows of activation.exits_met for conditions of the scenario, and of its step `number`, counted from 1."""
    step = scenario.steps[number - 1]
    for of_step, place, one in scenario.exit_places:
        if one.when is None or of_step not in (None, step.step) or step not in askable(scenario, one.when):
            continue
        found = (
            exp.select(*(_column(name) for name in ("scenario_id", "step", "match_key")))
            .select(exp.convert(place).as_("position"), exp.convert(one.reason).as_("reason"))
            .select(exp.Boolean(this=of_step is None).as_("ends"))
            .from_(_due(scenario.id, step.step, "since_at"))
            .where(holds(one.when, schema))
        )
        con.execute("insert into activation.exits_met by name " + found.sql(dialect="duckdb"))


def meet_variants(con: duckdb.DuckDBPyConnection, scenario: Scenario, number: int, schema: Schema) -> None:
    """Rows of activation.variants_met for the variants of step `number` that ask for something."""
    step = scenario.steps[number - 1]
    for place, variant in enumerate(step.variants, start=1):
        if variant.when is None:
            continue
        found = (
            exp.select(*(_column(name) for name in ("scenario_id", "step", "match_key")))
            .select(exp.convert(place).as_("variant_no"))
            .from_(_due(scenario.id, step.step, "since_at"))
            .where(holds(variant.when, schema))
        )
        con.execute("insert into activation.variants_met by name " + found.sql(dialect="duckdb"))


def meet_withdrawals(con: duckdb.DuckDBPyConnection, scenario: Scenario, schema: Schema) -> None:
    """Rows of activation.withdrawn for conditions that have come true since a row was listed.

    By them the scenario has ended, or the row's step is left out.
    """
    for of_step, place, one in scenario.exit_places:
        if one.when is None:
            continue
        waiting: list[exp.Expr] = [exp.EQ(this=_column("scenario_id"), expression=exp.Literal.string(scenario.id))]
        later = askable(scenario, one.when)
        if of_step:
            waiting.append(exp.EQ(this=_column("step"), expression=exp.Literal.string(of_step)))
        elif len(later) < len(scenario.steps):
            names = [exp.Literal.string(step.step) for step in later]
            waiting.append(exp.In(this=_column("step"), expressions=names))
        found = (
            exp.select(_column("feed_row_id"), exp.convert(one.reason).as_("reason"))
            .select(exp.convert(place).as_("position"))
            .from_(exp.table_("waiting", db="activation", alias=FRAME))
            .where(*waiting, holds(one.when, schema))
        )
        con.execute("insert into activation.withdrawn by name " + found.sql(dialect="duckdb"))


def askable(scenario: Scenario, when: When) -> list[Step]:
    """The steps before which a condition is asked: those after all that it asks about.

    Before that nobody has opened the message or done anything since: a condition that denies it would hold for all.
    """
    number = {step.step: place for place, step in enumerate(scenario.steps, start=1)}
    sent_before = [number[step] for step in when.messages.values()]
    if when.others is not None and "previous_step" in when.others.moments:
        sent_before.append(1)
    return scenario.steps[max(sent_before, default=0) :]


def holds(when: When, schema: Schema) -> exp.Expr:
    """All of a condition's parts, over rows of due_steps under the name `frame`."""
    parts: list[exp.Expr] = []
    for word, step in when.messages.items():
        acted = _exists_message(step, "clicked" if word.endswith("clicked") else "opened")
        parts.append(exp.not_(acted) if word.startswith("not_") else acted)
    if when.is_purchased is not None:
        bought = _exists_purchase(schema)
        parts.append(bought if when.is_purchased else exp.not_(bought))
    if when.others is not None:
        parts.append(exp.paren(predicate(when.others, FRAME, schema)))
    return exp.and_(*parts)


def _exists_message(step: str, event: str) -> exp.Expr:
    messages = exp.table_("message_acts", db="activation", alias="messages")
    return exp.Exists(
        this=exp.select(exp.convert(1))
        .from_(messages)
        .where(
            exp.EQ(this=exp.column("scenario_id", table="messages"), expression=_column("scenario_id")),
            exp.EQ(this=exp.column("match_key", table="messages"), expression=_column("match_key")),
            exp.EQ(this=exp.column("step", table="messages"), expression=exp.Literal.string(step)),
            exp.EQ(this=exp.column("event", table="messages"), expression=exp.Literal.string(event)),
        )
    )


def _exists_purchase(schema: Schema) -> exp.Expr:
    orders = exp.table_("orders", db="core", alias="orders")
    at = exp.column("ordered_at", table="orders")
    return exp.Exists(
        this=exp.select(exp.convert(1))
        .from_(orders)
        .where(
            exp.EQ(this=exp.column("customer_id", table="orders"), expression=_column("customer_id")),
            exp.column("is_counted", table="orders"),
            exp.GT(this=at, expression=_column("triggered_at")),
            exp.LT(this=at.copy(), expression=literal(schema.cut_off_at)),
        )
    )


def _due(scenario_id: str, step: str, moment: str) -> exp.Subquery:
    """Due steps of one step as the frame; `moment` is the column that conditions take for the trigger's time."""
    return (
        exp.select("* replace (" + moment + " as triggered_at)")
        .from_("activation.due_steps")
        .where(
            exp.EQ(this=exp.column("scenario_id"), expression=exp.Literal.string(scenario_id)),
            exp.EQ(this=exp.column("step"), expression=exp.Literal.string(step)),
        )
        .subquery(FRAME)
    )


def _column(name: str) -> exp.Column:
    return exp.column(name, table=FRAME, quoted=True)
