"""Days of the calendar that set scenarios off for all of their audience: dates, seasons, first days of campaigns."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import duckdb

from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.parts import Delay
from dagster_project.activation.scenarios.triggers import Calendar, Season
from dagster_project.activation.statements import execute
from dagster_project.run_context import TOKYO


def write_days(con: duckdb.DuckDBPyConnection, scenarios: list[Scenario]) -> None:
    """Fill activation.trigger_days with the days that a run's scenarios can meet. Needs activation.scenario_rules."""
    seasons: dict[str, str] = {}
    if any(isinstance(scenario.trigger, Season) for scenario in scenarios):
        # By name, or by one of its rules.
        seasons = dict(
            con.execute(
                "select season, min(from_day) from rules.seasonal_rules group by season"
                " union select rule_id, from_day from rules.seasonal_rules"
            ).fetchall()
        )
    for scenario in scenarios:
        if not isinstance(scenario.trigger, Calendar | Season):
            continue
        [reach] = con.execute(
            "select reach_back_at, horizon_at from activation.scenario_rules where scenario_id = ?", [scenario.id]
        ).fetchall()
        rows = [(scenario.id, key, at) for key, at in _moments(scenario.trigger, seasons, *reach)]
        if rows:
            con.executemany(
                "insert into activation.trigger_days (scenario_id, trigger_key, triggered_at) values (?, ?, ?)", rows
            )
    if any(scenario.trigger.kind == "campaign_start" for scenario in scenarios):
        execute(con, "scenarios/campaign_days")


def _moments(
    trigger: Calendar | Season, seasons: dict[str, str], from_at: datetime, until_at: datetime
) -> Iterator[tuple[str, datetime]]:
    """(trigger key, naive UTC) of each day that falls between the two, exclusive the second."""
    years = range((from_at + TOKYO).year, (until_at + TOKYO).year + 2)
    ahead = Delay(days=0) if isinstance(trigger, Calendar) else trigger.ahead or Delay(days=0)
    if isinstance(trigger, Calendar):
        days = {f"calendar:{day}": day for text in trigger.dates for day in _dates(text, years)}
    else:
        days = {
            f"season:{season}:{day.year}": day
            for season in trigger.season
            if season in seasons
            for day in _dates(seasons[season], years)
        }
    for key, day in days.items():
        at = datetime.combine(_months_before(day, ahead.months), datetime.min.time()) + timedelta(
            days=-ahead.days, hours=-ahead.hours, minutes=trigger.at
        )
        if from_at <= at - TOKYO < until_at:
            yield key, at - TOKYO


def _dates(text: str, years: range) -> list[date]:
    """A date as it stands, or `MM-DD` of each year; 29 February is the 28th in common years."""
    if len(text) == 10:
        return [date.fromisoformat(text)]
    month, day = int(text[:2]), int(text[3:])
    return [_clamped(year, month, day) for year in years]


def _months_before(day: date, months: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return _clamped(years, month + 1, day.day)


def _clamped(year: int, month: int, day: int) -> date:
    after = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day - 1), after - timedelta(days=1))
