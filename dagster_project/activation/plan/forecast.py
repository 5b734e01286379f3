"""Who is likely to get what in the days to come, from today's triggers, the calendar and the contents scheduled.

The scenarios themselves are asked, as in a run, with a horizon of many days; all is rolled back. What customers will do
meanwhile is not known: no order ends a scenario that is under way, and no act sets one off.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb

from dagster_project import warehouse
from dagster_project.activation.scenarios import ledger
from dagster_project.activation.scenarios.decide import decide
from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.reading import load_scenarios
from dagster_project.activation.scenarios.rules import write_rules
from dagster_project.activation.scenarios.run import REASONS
from dagster_project.activation.statements import execute
from dagster_project.activation.sync_command import finished_run
from dagster_project.errors import UsageError
from dagster_project.home import Home
from dagster_project.publish.runs import require_published
from dagster_project.run_context import RunContext
from dagster_project.settings import effective_settings
from dagster_project.sql import dicts

MESSAGES = """
    select
        cast(send_at + interval 9 hours as date) as day, scenario_id, step, channel,
        content_id, count(*) as messages, cast(sum(cost) as decimal(18, 2)) as cost
    from activation.scenario_targets
    where not holdout and ($of is null or scenario_id = $of)
    group by all
    order by all
"""
FUNNEL = """
    select scenario_id, step, min(step_no) as step_no, final_suppression as reason, count(*) as customers
    from activation.decisions
    where $of is null or scenario_id = $of
    group by all
    order by scenario_id, step_no, reason
"""


@dataclass(frozen=True)
class Forecast:
    """`messages`: day (Tokyo, of sending), scenario_id, step, channel, content_id, messages, cost (yen).

    `funnel`: scenario_id, step, due, one count per reason that leaves some out, sent.
    """

    as_of: date
    until: date
    messages: list[dict[str, Any]]
    funnel: list[dict[str, Any]]


def forecast(home: Home, days: int, scenario_id: str | None = None) -> Forecast:
    """The likely messages of the `days` days after the last run, of all scenarios or one.

    All scenarios are asked in any case, since they share caps. Raises UsageError for an unknown scenario, a home
    without a run, and a warehouse that is not the newest daily run's, whole.
    """
    scenarios = load_scenarios()
    if scenario_id is not None and scenario_id not in {scenario.id for scenario in scenarios}:
        known = ", ".join(scenario.id for scenario in scenarios)
        raise UsageError(f"there is no scenario {scenario_id!r}; scenarios are {known}")
    newest = require_published(home)
    with home.lock("plan"):
        con = warehouse.connect(home)
        try:
            as_of, _, is_hourly = finished_run(con, home)
            if is_hourly:
                raise UsageError(
                    "the last run was an hourly one, which builds only a part; run the newest day again first: "
                    f"kizuna run --as-of {newest} --home {home.path}"
                )
            return foresee(con, home, scenarios, as_of, days, scenario_id)
        finally:
            con.close()


def foresee(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    scenarios: list[Scenario],
    as_of: date,
    days: int,
    scenario_id: str | None = None,
) -> Forecast:
    """The forecast over the warehouse `con` of the daily run of `as_of`, which is left as it was."""
    con.execute("begin")
    try:
        _ask(con, home, scenarios, as_of, days)
        return Forecast(
            as_of,
            as_of + timedelta(days=days),
            dicts(con.execute(MESSAGES, {"of": scenario_id})),
            _funnel(dicts(con.execute(FUNNEL, {"of": scenario_id}))),
        )
    finally:
        con.execute("rollback")


def _ask(con: duckdb.DuckDBPyConnection, home: Home, scenarios: list[Scenario], as_of: date, days: int) -> None:
    """Fill activation.decisions and scenario_targets as one run over all the days would."""
    context, settings = RunContext.daily(as_of), effective_settings()
    numbers = [run.run_no for run in ledger.read_runs(home)]
    # A run of its own, after all others: what they have listed is settled.
    run = ledger.Run("plan", max(numbers, default=0) + 1, str(as_of), context.cut_off_at.isoformat(), False)
    ledger.load_ledger(con, home, run)
    write_rules(con, home, scenarios, run, settings, scenarios, ahead=timedelta(days=days))
    decide(con, home, context, scenarios, settings, lambda _: None)
    execute(con, "scenarios/outputs", as_of=as_of, run_id=run.run_id)


def _funnel(counted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per step: how many are due, how many each reason leaves out, in the order it is asked, and sent."""
    steps: dict[tuple[str, str], dict[str | None, int]] = {}
    for row in counted:
        steps.setdefault((row["scenario_id"], row["step"]), {})[row["reason"]] = row["customers"]
    own = {reason for counts in steps.values() for reason in counts if reason and reason not in REASONS}
    met = {reason for counts in steps.values() for reason in counts}
    order = [reason for reason in (*REASONS[:3], *sorted(own), *REASONS[3:]) if reason in met]
    return [
        {"scenario_id": scenario_id, "step": step, "due": sum(counts.values())}
        | {reason: counts.get(reason, 0) for reason in order}
        | {"sent": counts.get(None, 0)}
        for (scenario_id, step), counts in steps.items()
    ]
