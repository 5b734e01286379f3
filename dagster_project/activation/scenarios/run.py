"""One run of all scenarios: triggers, due steps, decisions, lists. Publishing is `lists.commit`.

A step is decided once: listed (hold-outs too), or suppressed with one reason; no later run takes it up again.
The step after it counts from its send_at, also where it was not sent for want of consent or address, for a cap or
because the customer was held out; an exit or an expiry ends the scenario for that trigger.
"""

import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb

from dagster_project.activation.scenarios import ledger
from dagster_project.activation.scenarios.decide import decide
from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.lists import recover, scratch_folder, write_lists
from dagster_project.activation.scenarios.notices import empty_audiences, unknown_contents
from dagster_project.activation.scenarios.reading import load_scenarios
from dagster_project.activation.scenarios.rules import of_cadence, write_rules
from dagster_project.activation.statements import execute
from dagster_project.errors import StageFailed
from dagster_project.home import Home
from dagster_project.run_context import RunContext
from dagster_project.settings import effective_settings

# The order in which reasons are tried, as the contract has it; other exits stand where `purchased` stands.
REASONS = (
    "erased",
    "quality",
    "purchased",
    "cart_emptied",
    "consent",
    "no_address",
    "holdout",
    "priority",
    "frequency_cap",
    "expired",
)


@dataclass
class ScenarioCounts:
    """Steps of one scenario in one run: triggered = listed + the sum of suppressed (hold-outs too)."""

    triggered: int = 0
    listed: int = 0
    suppressed: dict[str, int] = field(default_factory=dict)

    @property
    def held_out(self) -> int:
        """Steps of customers who are this scenario's control group."""
        return self.suppressed.get("holdout", 0)


@dataclass
class ActivationReport:
    """What a run's scenarios came to, and what a marketer should look at."""

    run_id: str
    scenarios: dict[str, ScenarioCounts] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def prepare(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    context: RunContext,
    progress: Callable[[str], None] | None = None,
    scenarios: list[Scenario] | None = None,
) -> ActivationReport:
    """Decide what each scenario lists in this run; lists and ledger files wait in scratch for `commit`.

    Leaves activation.scenario_targets and suppressions (this run), all_scenario_targets and all_suppressions
    (all runs). A backfill (`context.is_newest` false) decides nothing: it shows what that day's run left.
    Raises ConfigurationError for faulty scenarios or settings, StageFailed where accounts are not even.
    """
    say = progress or (lambda _: None)
    recover(home)
    run = ledger.own_run(home, context)
    ledger.load_ledger(con, home, run)
    report = ActivationReport(run.run_id)
    if not context.is_newest:
        ledger.restore_run(con, home, run)
        ledger.gather_all(con)
        return report
    settings, known = effective_settings(), load_scenarios() if scenarios is None else scenarios
    chosen = of_cadence(known, context.is_hourly)
    write_rules(con, home, chosen, run, settings, known)
    is_repeated_hour = context.is_hourly and ledger.load_own(con, home, run)
    if is_repeated_hour:
        execute(con, "scenarios/standing_messages")
    schema = decide(con, home, context, chosen, settings, say)
    execute(con, "scenarios/outputs", as_of=context.as_of, run_id=run.run_id)
    execute(con, "scenarios/withdrawals_out", as_of=context.as_of, run_id=run.run_id)
    if faults := unaccounted(con):
        raise StageFailed("activation: " + "; ".join(faults))
    if is_repeated_hour:
        execute(con, "scenarios/repetition")
    ledger.gather_all(con, context.is_hourly)
    folder = scratch_folder(home, run.run_id)
    # Also what other runs prepared and never published: nothing erases anybody from there.
    shutil.rmtree(folder.parent, ignore_errors=True)
    write_lists(con, folder / "lists")
    ledger.write_ledger(con, folder, run)
    report.scenarios = _counts(con, chosen)
    report.warnings = unknown_contents(con)
    if not context.is_hourly:  # an hour changes little of whom an audience means
        report.warnings += empty_audiences(con, chosen, context.as_of, schema)
    return report


def unaccounted(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Scenarios and steps whose triggered customers are not each listed once or suppressed once, in words."""
    rows = con.execute(
        "with accounts as ("
        " select scenario_id, step, customer_id, trigger from activation.scenario_targets where not holdout"
        " union all select scenario_id, step, customer_id, trigger from activation.suppressions),"
        " counted as ("
        " select scenario_id, step, customer_id, trigger, count(*) as times from accounts group by all)"
        " select coalesce(due.scenario_id, counted.scenario_id), coalesce(due.step, counted.step), count(*)"
        " from activation.due_steps as due full join counted"
        " on due.scenario_id = counted.scenario_id and due.step = counted.step"
        " and due.customer_id = counted.customer_id and due.trigger_key = counted.trigger"
        " where coalesce(counted.times, 0) <> 1 or due.scenario_id is null group by all order by all"
    ).fetchall()
    return [
        f"{scenario_id}, step {step}: {number} triggered are not accounted for exactly once"
        for scenario_id, step, number in rows
    ]


def _counts(con: duckdb.DuckDBPyConnection, scenarios: list[Scenario]) -> dict[str, ScenarioCounts]:
    # Of an hour that runs again what went out stands, also of a scenario that there is no more.
    counts = defaultdict(ScenarioCounts, {scenario.id: ScenarioCounts() for scenario in scenarios})
    for scenario_id, number in con.execute(
        "select scenario_id, count(*) from activation.due_steps group by all"
    ).fetchall():
        counts[scenario_id].triggered = number
    for scenario_id, number in con.execute(
        "select scenario_id, count(*) from activation.scenario_targets where not holdout group by all"
    ).fetchall():
        counts[scenario_id].listed = number
    for scenario_id, reason, number in con.execute(
        "select scenario_id, reason, count(*) from activation.suppressions group by all order by all"
    ).fetchall():
        counts[scenario_id].suppressed[reason] = number
    return counts
