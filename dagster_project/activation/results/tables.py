"""Tables activation.scenario_results and scenario_totals: each scenario against its hold-out, by step and as a whole.

Whose results they are, and from when on, stands in `sql/assignments.sql`; which message is whose in `sql/messages.sql`.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from math import ceil

import duckdb
import numpy as np
import pyarrow as pa

from dagster_project.activation.results.figures import Terms, figures
from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.rules import longest
from dagster_project.activation.scenarios.run import REASONS
from dagster_project.activation.statements import execute
from dagster_project.sql import dicts

# What is tried after the hold-out stops customers who had been assigned: they stay on the side of the treated.
AFTER_ASSIGNMENT = REASONS[REASONS.index("holdout") + 1 :]
TEMPORARY = (
    "steps", "assignments", "units", "later_steps", "events", "loose_events", "messages", "outcomes", "sums"
)  # fmt: skip
WORDS = {"scenario_id", "step", "first_assigned_on", "last_assigned_on"}  # columns of result_sums that are no numbers


def empty_results(con: duckdb.DuckDBPyConnection) -> None:
    """The tables without rows."""
    execute(con, "results/tables")


def write_results(
    con: duckdb.DuckDBPyConnection,
    scenarios: Sequence[Scenario],
    settings: dict[str, str],
    as_of: date,
    cut_off_at: datetime,
) -> int:
    """Write both tables as of `cut_off_at` (naive UTC); returns the rows of scenario_results.

    Reads the ledger's tables (`scenarios.ledger.load_ledger`) and this run's lists, core.orders, the message events and
    identity.customer_aliases. `settings`: scenario_outcome_days, scenario_min_customers, scenario_confidence.
    """
    empty_results(con)
    default = int(settings["scenario_outcome_days"])
    if rules := [(scenario.id, *windows(scenario, default)) for scenario in scenarios]:
        con.executemany("insert into activation.result_rules values (?, ?, ?)", rules)
    execute(
        con,
        "results/assignments",
        as_of=as_of,
        cut_off_at=cut_off_at,
        reasons=list(AFTER_ASSIGNMENT),
        window_days=default,
    )
    for name in ("messages", "sums"):
        execute(con, f"results/{name}", cut_off_at=cut_off_at)
    terms = Terms(int(settings["scenario_min_customers"]), float(settings["scenario_confidence"]))
    for table, which in (("scenario_results", "step is not null"), ("scenario_totals", "step is null")):
        _insert(con, table, which, terms)
    [(rows,)] = con.execute("select count(*) from activation.scenario_results").fetchall()
    for name in TEMPORARY:
        con.execute(f"drop table result_{name}")
    return int(rows)


def windows(scenario: Scenario, default_days: int) -> tuple[int, int]:
    """Days after the first assignment in which an order counts: for a step, and for the scenario as a whole.

    As a whole it lasts from its first step to its last, and then a step's days.
    """
    days = scenario.outcome_days or default_days
    lasts = sum((longest(step.delay) for step in scenario.steps[1:]), timedelta())
    return days, days + ceil(lasts / timedelta(days=1))


def _insert(con: duckdb.DuckDBPyConnection, table: str, which: str, terms: Terms) -> None:
    """Rows of result_sums with their figures. Sums of money come as decimals, so no order of adding changes a digit."""
    rows = dicts(
        con.execute(
            "select *, assigned - compared - late as waiting,"
            " control - compared_control - control_late as control_waiting"
            f" from result_sums where {which} order by scenario_id, step"
        )
    )
    if not rows:
        return
    counted = {name: [row[name] for row in rows] for name in rows[0]}
    numbers = {
        name: np.array([np.nan if value is None else float(value) for value in values])
        for name, values in counted.items()
        if name not in WORDS
    }
    found = pa.table(counted | figures(numbers, terms))
    con.register(
        "result_rows", found.select([name for name, *_ in con.execute(f"describe activation.{table}").fetchall()])
    )
    con.execute(f"insert into activation.{table} by name select * from result_rows")
    con.unregister("result_rows")
