"""Triggers that name columns of touchpoints or of a mart: filters become expressions of sqlglot, never pasted text."""

from datetime import datetime
from typing import Any

import duckdb
from sqlglot import exp

from dagster_project.activation.audiences.comparing import SUBJECTS
from dagster_project.activation.audiences.passing import literal
from dagster_project.activation.audiences.schema import Schema
from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.triggers import Act, Row
from dagster_project.errors import ConfigurationError, Fault

CARRIED = ("touchpoint_id", "customer_id", "occurred_at", "order_id", *SUBJECTS)


def mark_acts(con: duckdb.DuckDBPyConnection, scenarios: list[Scenario]) -> None:
    """Views of touchpoints with the scenario that each sets off, in one pass for all scenarios.

    recent_acts: those that may set one off in this run. earlier_acts: those before, for scenarios that count from the
    customer's first. Needs activation.scenario_rules.
    """
    acting = [one for one in scenarios if isinstance(one.trigger, Act)]
    [(since,)] = con.execute(
        "select min(reach_back_at) from activation.scenario_rules where trigger_kind = 'act'"
    ).fetchall()
    _mark(con, "recent_acts", acting, exp.GTE, since)
    counting = [one for one in acting if isinstance(one.trigger, Act) and one.trigger.numbers]
    [(until,)] = con.execute(
        "select max(reach_back_at) from activation.scenario_rules where trigger_kind = 'act' and not trigger_every"
    ).fetchall()
    _mark(con, "earlier_acts", counting, exp.LT, until or since)


def _mark(
    con: duckdb.DuckDBPyConnection, view: str, scenarios: list[Scenario], way: type[exp.Binary], moment: datetime
) -> None:
    matching = [
        (one.id, exp.and_(*(_among(name, values) for name, values in one.trigger.filters.items())))
        for one in scenarios
        if isinstance(one.trigger, Act)
    ]
    cases = [exp.Case(ifs=[exp.If(this=one.copy(), true=exp.Literal.string(name))]) for name, one in matching]
    marked = (
        exp.select(*(exp.column(name) for name in CARRIED))
        .select(exp.Anonymous(this="unnest", expressions=[exp.array(*cases)]).as_("scenario_id"))
        .from_(exp.table_("touchpoints", db="core"))
        .where(exp.or_(*(condition for _, condition in matching)) if matching else exp.false())
        .where(way(this=exp.column("occurred_at"), expression=literal(moment)))
        .where(exp.not_(exp.Is(this=exp.column("customer_id"), expression=exp.Null())))
    )
    if not matching:
        marked = marked.select(
            *(exp.column(name) for name in CARRIED), exp.cast(exp.Null(), "varchar").as_("scenario_id"), append=False
        )
    known = (
        exp.select("*")
        .from_(marked.subquery("acts"))
        .where(exp.not_(exp.Is(this=exp.column("scenario_id"), expression=exp.Null())))
    )
    con.execute(f"create or replace temp view {view} as " + known.sql(dialect="duckdb"))


def gather_rows(con: duckdb.DuckDBPyConnection, scenario: Scenario, schema: Schema) -> None:
    """Triggers of a scenario that waits for rows of a mart. Raises ConfigurationError for columns that it lacks."""
    trigger = scenario.trigger
    if not isinstance(trigger, Row):
        raise TypeError(f"scenario {scenario.id} waits for no rows")
    if faults := misfits(scenario, schema):
        raise ConfigurationError(faults)
    columns = schema.columns[trigger.mart]
    at: exp.Expr = exp.column(trigger.at, table="found", quoted=True)
    if columns[trigger.at] == "DATE":
        # A Tokyo day begins nine hours before the UTC one.
        minutes = exp.Interval(this=exp.Literal.string(str(trigger.at_time - 540)), unit=exp.var("minutes"))
        at = exp.Add(this=exp.cast(at, "timestamp"), expression=minutes)
    parts: list[exp.Expr] = [exp.Literal.string(trigger.mart)]
    for name in trigger.key:
        value = exp.cast(exp.column(name, table="found", quoted=True), "varchar")
        parts.append(exp.Coalesce(this=value, expressions=[exp.Literal.string("")]))
    key = exp.Anonymous(this="concat_ws", expressions=[exp.Literal.string(":"), *parts])
    customer = exp.column("customer_id", table="found", quoted=True)
    chosen = (
        exp.select(exp.Literal.string(scenario.id).as_("scenario_id"), customer, key.as_("trigger_key"))
        .select(at.as_("triggered_at"))
        .select(
            exp.Anonymous(this="concat_ws", expressions=[exp.Literal.string("|"), customer.copy(), key.copy()]).as_(
                "match_key"
            )
        )
        .select(*(exp.column(name, table="found", quoted=True) for name in SUBJECTS if name in columns))
        .from_(exp.table_(trigger.mart, db="marts", quoted=True, alias="found"))
        .where(*(_among(name, values, "found") for name, values in trigger.where.items()))
    )
    con.execute(
        "insert into activation.triggers by name select * exclude (position) from (select found.*,"
        " row_number() over (partition by found.match_key order by found.triggered_at nulls last) as position from ("
        + chosen.sql(dialect="duckdb")
        + ") as found inner join activation.scenario_rules as rules on found.scenario_id = rules.scenario_id"
        " semi join insights.customers as customers on found.customer_id = customers.customer_id"
        " where found.triggered_at >= rules.reach_back_at and found.triggered_at < rules.horizon_at)"
        " where position = 1"
    )


def misfits(scenario: Scenario, schema: Schema) -> list[Fault]:
    """What a `row` trigger names that its mart does not have."""
    trigger, file = scenario.trigger, f"seeds/scenarios/{scenario.id}.yml"
    if not isinstance(trigger, Row):
        return []
    columns = schema.columns.get(trigger.mart)
    if columns is None or "customer_id" not in columns:
        return [Fault(file, 0, f"trigger: there is no mart {trigger.mart} with a customer_id")]
    named = [trigger.at, *trigger.where, *trigger.key]
    faults = [Fault(file, 0, f"trigger: {trigger.mart} has no column {name}") for name in named if name not in columns]
    if (each := scenario.re_entry.of_each) and each not in columns:
        faults.append(Fault(file, 0, f"re_entry: {trigger.mart} has no column {each}", "remove of_each"))
    if columns.get(trigger.at, "DATE") not in ("DATE", "TIMESTAMP"):
        faults.append(Fault(file, 0, f"trigger: {trigger.at} of {trigger.mart} is neither a day nor a time"))
    return faults


def _among(name: str, values: list[Any], table: str | None = None) -> exp.Expr:
    return exp.In(this=exp.column(name, table=table, quoted=True), expressions=[exp.convert(value) for value in values])
