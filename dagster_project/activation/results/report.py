"""Results as a person reads them: rows of the published marts, with rates in per cent and lift in points."""

from typing import Any

import click
import duckdb

from dagster_project.errors import UsageError
from dagster_project.home import Home
from dagster_project.publish.reader import connect_published
from dagster_project.sql import dicts
from dagster_project.summary import print_table

ROWS = """
    select * from (
        select scenario_id, step, * exclude (scenario_id, step), 0 as is_whole from marts.scenario_results
        union all by name
        select *, 'all steps' as step, 1 as is_whole from marts.scenario_totals
    )
    order by scenario_id, is_whole, first_assigned_on nulls last, step
"""

LATER_STEPS = (
    "* an association, not an effect: only those reach a later step who did not leave before, and the treated of them"
    " had earlier messages"
)


def look_up(home: Home, scenario_id: str | None) -> list[dict[str, Any]]:
    """Every row of scenario_results, each scenario's row of scenario_totals after its steps (step `all steps`).

    Raises UsageError for a scenario without results, and where nothing that has results was published.
    """
    with connect_published(home) as con:
        try:
            rows = dicts(con.execute(ROWS))
        except duckdb.CatalogException:
            raise UsageError(
                f"the marts of {home.path} were published before there were results; run: kizuna run"
            ) from None
    known = list(dict.fromkeys(row["scenario_id"] for row in rows))
    if scenario_id is not None and scenario_id not in known:
        raise UsageError(
            f"nobody was assigned to a scenario {scenario_id} yet; there are: {', '.join(known) or 'none'}"
        )
    return [
        {name: value for name, value in row.items() if name != "is_whole"}
        for row in rows
        if scenario_id in (None, row["scenario_id"])
    ]


def print_results(rows: list[dict[str, Any]]) -> None:
    """A table per scenario; where it has one step, that step is all."""
    for scenario_id in dict.fromkeys(row["scenario_id"] for row in rows):
        own = [row for row in rows if row["scenario_id"] == scenario_id]
        print_table(as_table(own[:-1] if len(own) == 2 else own), title=scenario_id)
    if not rows:
        print_table([], "nobody was assigned to a scenario yet")
    elif any(row["claim"] != "effect" for row in rows):
        click.echo(LATER_STEPS)


def as_table(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The columns that fit on a screen, in the words of a marketer."""
    return [
        {
            "step": row["step"],
            "sent": f"{row['sent']:,}",
            "opened": per_cent(row["open_rate"]),
            "waiting": f"{row['waiting']:,}",
            "compared": f"{row['compared']:,}",
            "bought": per_cent(row["conversion_rate"]),
            "held out": f"{row['compared_control']:,}",
            "bought ": per_cent(row["control_rate"]),
            "lift in points": points(row),
            "added sales": money(row["added_sales"]),
            "iROAS": "" if row["iroas"] is None else f"{row['iroas']:,.1f}",
            "verdict": row["verdict"] + ("" if row["claim"] == "effect" else " *"),
        }
        for row in rows
    ]


def per_cent(share: float | None) -> str:
    """A share as `12.3 %`."""
    return "" if share is None else f"{100 * share:.1f} %"


def points(row: dict[str, Any]) -> str:
    """Lift with its interval, `+5.1 (-0.3..+9.8)`; empty where there is none."""
    if row["lift"] is None:
        return ""
    lift, low, high = (f"{100 * row[name]:+.1f}" for name in ("lift", "ci_low", "ci_high"))
    return f"{lift} ({low}..{high})"


def money(yen: object) -> str:
    """Whole yen."""
    return "" if yen is None else f"{yen:,.0f}"
