"""What becomes of every due step of a run: the order in which the statements of `sql/` and conditions are asked."""

from collections.abc import Callable

import duckdb

from dagster_project.activation.audiences.schema import Schema
from dagster_project.activation.audiences.schema import prepare as prepare_conditions
from dagster_project.activation.scenarios import frames, touches
from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.rules import ten_thousandths
from dagster_project.activation.scenarios.triggers import FOR_AUDIENCES
from dagster_project.activation.statements import execute, joined_as_written
from dagster_project.home import Home
from dagster_project.identity.hashing import links_gmail_aliases
from dagster_project.run_context import RunContext

# Kinds whose triggers are gathered scenario by scenario, since they name marts and audiences.
ONE_BY_ONE = (*FOR_AUDIENCES, "row")


def decide(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    context: RunContext,
    scenarios: list[Scenario],
    settings: dict[str, str],
    say: Callable[[str], None],
) -> Schema:
    """Fill activation.candidates, cap_outcomes and withdrawn. Needs the rules and the ledger in their tables.

    Returns the marts over which conditions were asked.
    """
    salt, cut_off_at = home.salt(), context.cut_off_at
    execute(con, "scenarios/settled_steps")
    execute(con, "scenarios/time_zones")
    prepare_conditions(con, [condition for one in scenarios for condition in frames.conditions_of(one)])
    schema = Schema.of(con, cut_off_at)
    _gather(con, scenarios, schema, context, settings, say)
    execute(con, "scenarios/live_triggers")
    execute(con, "scenarios/assignments")
    execute(con, "scenarios/reach", cut_off_at=cut_off_at)
    execute(
        con,
        "scenarios/quality",
        salt=salt,
        cut_off_at=cut_off_at,
        gmail_aliases=links_gmail_aliases(),
        quality_bounces=int(settings["quality_bounces"]),
        quality_max_identifiers=int(settings["quality_max_identifiers"]),
    )
    variants = [variant for scenario in scenarios for step in scenario.steps for variant in step.variants]
    if any(variant.product == "line" for variant in variants):
        execute(con, "scenarios/line_products", cut_off_at=cut_off_at)
    if any((variant.product or "").startswith("recommendation:") for variant in variants):
        execute(con, "scenarios/recommended_products")
    execute(con, "scenarios/re_entry")
    basis = ten_thousandths(float(settings["global_holdout"]))
    for number in range(1, max((len(scenario.steps) for scenario in scenarios), default=0) + 1):
        say(f"steps number {number}")
        execute(con, "scenarios/due_steps", step_no=number)
        if number == 1:
            _let_in(con, scenarios, schema)
        due = _due(con, number)
        if not due:
            continue
        execute(con, "scenarios/exits", step_no=number)
        for scenario in scenarios:
            if scenario.id in due:
                frames.meet_exits(con, scenario, number, schema)
                frames.meet_variants(con, scenario, number, schema)
        execute(con, "scenarios/choices", step_no=number)
        with joined_as_written(con):
            execute(con, "scenarios/candidates", step_no=number, salt=salt, global_holdout_basis=basis)
    cap(con)
    execute(con, "scenarios/withdrawals", cut_off_at=cut_off_at)
    for scenario in scenarios:
        frames.meet_withdrawals(con, scenario, schema)
    return schema


def _gather(
    con: duckdb.DuckDBPyConnection,
    scenarios: list[Scenario],
    schema: Schema,
    context: RunContext,
    settings: dict[str, str],
    say: Callable[[str], None],
) -> None:
    """Fill activation.triggers, kind by kind.

    The cut-off is given as a value: where a subquery says it, DuckDB expects a handful of rows, and hashes all of
    them to look up those of a few customers.
    """
    if con.execute("select 1 from activation.messages_asked limit 1").fetchone():
        execute(con, "scenarios/message_acts", cut_off_at=context.cut_off_at)
    for kind in sorted({scenario.trigger.kind for scenario in scenarios}):
        say(f"triggers: {kind}")
        if kind == "act":
            touches.mark_acts(con, scenarios)
        if kind not in ONE_BY_ONE:
            execute(
                con,
                f"scenarios/trigger_{kind}",
                cut_off_at=context.cut_off_at,
                replenishment_days=int(settings["recommendation_replenishment_days"]),
            )
    for scenario in scenarios:
        if scenario.trigger.kind in FOR_AUDIENCES:
            frames.gather_days(con, scenario, schema)
        elif scenario.trigger.kind == "row":
            touches.gather_rows(con, scenario, schema)


def _let_in(con: duckdb.DuckDBPyConnection, scenarios: list[Scenario], schema: Schema) -> None:
    """Of the first steps that fall due, those of the audience, as often as the scenario may be entered."""
    for scenario in scenarios:
        frames.keep_audience(con, scenario, schema)
    if any(scenario.re_entry.is_limited for scenario in scenarios):
        entered = -1
        while entered != (entries := _count(con, "entries")):
            entered = entries
            execute(con, "scenarios/re_entry_turn")
        execute(con, "scenarios/re_entry_end")


def cap(con: duckdb.DuckDBPyConnection) -> None:
    """Give way by priority: the messages of each contested customer one after another, all customers at once."""
    if not _count(con, "candidates"):
        return
    execute(con, "scenarios/caps")
    [(turns,)] = con.execute("select coalesce(max(turn), 0) from activation.contested").fetchall()
    for turn in range(1, turns + 1):
        execute(con, "scenarios/cap_turn", turn=turn)


def _due(con: duckdb.DuckDBPyConnection, step_no: int) -> set[str]:
    """The scenarios of which a step of this number is due."""
    found = con.execute("select distinct scenario_id from activation.due_steps where step_no = ?", [step_no]).fetchall()
    return {scenario_id for (scenario_id,) in found}


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    [(rows,)] = con.execute(f"select count(*) from activation.{table}").fetchall()
    return int(rows)
