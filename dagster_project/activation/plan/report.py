"""A plan as people read it: messages by week or month, scenario, step and channel, and the funnel of each step."""

from collections import Counter
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import click

from dagster_project.activation.plan.forecast import Forecast
from dagster_project.summary import print_table

MONTHS_FROM = 36  # days: a longer plan is shown by months, so that the table fits a terminal


def as_json(plan: Forecast) -> dict[str, Any]:
    """Everything, with days."""
    return asdict(plan)


def print_plan(plan: Forecast) -> None:
    """Weeks or months across, scenarios and channels down; then who is left out of each step, and why."""
    span = f"from {plan.as_of + timedelta(days=1)} to {plan.until}"
    print_table(by_period(plan), "none", title=f"Likely messages {span}")
    print_table(plan.funnel, "none", title="Steps that fall due, whom each reason leaves out, and who is sent to")
    click.echo("What customers do meanwhile is not known: orders end scenarios, and acts set off more.")


def by_period(plan: Forecast) -> list[dict[str, Any]]:
    """One row per scenario, step and channel: messages of each week (its first day) or month, all of them, and yen."""
    first = plan.as_of + timedelta(days=1)
    periods = list(
        dict.fromkeys(_period(plan, first + timedelta(days=day)) for day in range((plan.until - first).days + 1))
    )
    counts: Counter[tuple[tuple[str, str, str], str]] = Counter()
    costs: Counter[tuple[str, str, str]] = Counter()
    for row in plan.messages:
        what = (row["scenario_id"], row["step"], row["channel"])
        # A step due late on the last day may be sent on the morning after.
        counts[what, _period(plan, min(row["day"], plan.until))] += row["messages"]
        costs[what] += row["cost"] or 0
    return [
        {"scenario": what[0], "step": what[1], "channel": what[2]}
        | {period: counts[what, period] for period in periods}
        | {"messages": sum(counts[what, period] for period in periods), "yen": int(costs[what])}
        for what in sorted({what for what, _ in counts})
    ]


def _period(plan: Forecast, day: date) -> str:
    if (plan.until - plan.as_of).days >= MONTHS_FROM:
        return f"{day:%Y-%m}"
    weeks = (day - plan.as_of).days - 1
    return f"{plan.as_of + timedelta(days=1 + weeks // 7 * 7):%m-%d}"
