"""Triggers that name columns of touchpoints or of a mart: filters become expressions of sqlglot, never pasted text."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
from sqlglot import exp

from dagster_project.activation.audiences.comparing import SUBJECTS, TIMES, suggestion
from dagster_project.activation.audiences.passing import literal
from dagster_project.activation.audiences.schema import Schema
from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.triggers import Act, Row
from dagster_project.errors import ConfigurationError, Fault
from dagster_project.yaml_lines import Place

CARRIED = ("touchpoint_id", "customer_id", "occurred_at", "order_id", *SUBJECTS)


def mark_acts(con: duckdb.DuckDBPyConnection, scenarios: list[Scenario]) -> None:
    """Views of touchpoints that match a scenario's filters, with what it counts them by (act_key, each_value).

    recent_acts: those that may set one off in this run. earlier_acts: those before, for scenarios that count from the
    customer's first. A select for each scenario: most look at few days, which a scan finds without reading the
    others, and asking each act about every scenario costs many times as much.
    """
    rules = {
        scenario_id: moments
        for scenario_id, *moments in con.execute(
            "select scenario_id, reach_back_at, cut_off_at, triggered_from_at, triggered_before_at"
            " from activation.scenario_rules"
        ).fetchall()
    }
    recent, earlier = [_no_acts()], [_no_acts()]
    for scenario in scenarios:
        if isinstance(scenario.trigger, Act):
            from_at, until_at, triggered_from_at, triggered_before_at = rules[scenario.id]
            if len(scenario.steps) == 1:  # else an act may be under way whose first step has been put off since
                from_at, until_at = triggered_from_at, min(until_at, triggered_before_at)
            for acts in _acts(scenario.id, scenario.trigger):
                recent.append(acts.where(_at(exp.GTE, from_at), _at(exp.LT, until_at), *_messaged(scenario.trigger)))
                if scenario.trigger.numbers:
                    earlier.append(acts.where(_at(exp.LT, from_at)))
    for view, selects in (("recent_acts", recent), ("earlier_acts", earlier)):
        marked = " union all ".join(select.sql(dialect="duckdb") for select in selects)
        con.execute(f"create or replace temp view {view} as {marked}")


def _acts(scenario_id: str, trigger: Act) -> Iterator[exp.Select]:
    """The acts that count, a select for each action: a scan finds one word, of a list of them it gives out all acts."""
    each = exp.column(trigger.of_each, quoted=True) if trigger.of_each else exp.Literal.string("")
    order, own = exp.column("order_id"), exp.column("touchpoint_id")
    counted = (
        exp.select(*(exp.column(name) for name in CARRIED))
        .select(exp.Literal.string(scenario_id).as_("scenario_id"), each.as_("each_value"))
        .select(exp.Coalesce(this=order, expressions=[own]).as_("act_key"))
        .from_(exp.table_("touchpoints", db="core"))
        .where(exp.not_(exp.Is(this=exp.column("customer_id"), expression=exp.Null())))
        .where(*(_among(name, values) for name, values in trigger.filters.items() if name != "action"))
    )
    for action in sorted(set(trigger.action)):
        yield counted.where(exp.EQ(this=exp.column("action"), expression=exp.Literal.string(action)))


def _messaged(trigger: Act) -> Iterator[exp.Expr]:
    """Where an act must follow a message, those alone count who did something with one: few, or nobody."""
    if trigger.after:
        yield exp.In(
            this=exp.column("customer_id"), query=exp.select("customer_id").from_("activation.message_acts").subquery()
        )


def _no_acts() -> exp.Select:
    """No rows; the columns, where no scenario waits for acts."""
    return next(_acts("", Act(kind="act", action=["none"]))).where(exp.false())


def _at(way: type[exp.Binary], moment: datetime) -> exp.Expr:
    return way(this=exp.column("occurred_at"), expression=literal(moment))


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
    trigger = scenario.trigger
    if not isinstance(trigger, Row):
        return []
    columns = schema.columns.get(trigger.mart)
    if columns is None or "customer_id" not in columns:
        message = f"trigger: there is no mart {trigger.mart} with a customer_id"
        return [scenario.fault(("trigger", "mart"), message, suggestion(trigger.mart, schema.audience_marts))]
    named: list[tuple[Place, str]] = [(("at",), trigger.at), *((("where", name), name) for name in trigger.where)]
    named += [(("key", number), name) for number, name in enumerate(trigger.key)]
    faults = [
        scenario.fault(("trigger", *place), f"trigger: {trigger.mart} has no column {name}", suggestion(name, columns))
        for place, name in named
        if name not in columns
    ]
    if (each := scenario.re_entry.of_each) and each not in columns:
        message = f"re_entry: {trigger.mart} has no column {each}"
        faults.append(scenario.fault(("re_entry", "of_each"), message, "remove of_each"))
    if columns.get(trigger.at, "DATE") not in TIMES:
        message = f"trigger: {trigger.at} of {trigger.mart} is neither a day nor a time"
        times = [name for name, kind in columns.items() if kind in TIMES]
        faults.append(scenario.fault(("trigger", "at"), message, suggestion(trigger.at, times)))
    return faults


def _among(name: str, values: list[Any], table: str | None = None) -> exp.Expr:
    return exp.In(this=exp.column(name, table=table, quoted=True), expressions=[exp.convert(value) for value in values])
