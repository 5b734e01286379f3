"""Writes scenarios into tables that `sql/` joins: one row per scenario, step, variant and condition."""

from datetime import datetime, timedelta

import duckdb

from dagster_project.activation.scenarios.declaration import Birthday, Delay, Order, Scenario, minute_of_day
from dagster_project.activation.scenarios.ledger import Run, accounts_from
from dagster_project.activation.statements import execute
from dagster_project.errors import ConfigurationError, Fault
from dagster_project.home import Home

# A step due earlier than this before the cut-off is not accounted for, unless it fell due since the run
# before. So a home's first run writes a month of `expired`, not its whole history; longer costs rows only.
ACCOUNTED_DAYS = 30


def of_cadence(scenarios: list[Scenario], is_hourly: bool) -> list[Scenario]:
    """The scenarios that a run works on: a daily run on all, an hourly run on those of hourly cadence."""
    return [scenario for scenario in scenarios if not is_hourly or scenario.cadence == "hourly"]


def setting_faults(settings: dict[str, str]) -> list[Fault]:
    """What is wrong with the settings that scenarios fall back on."""
    faults = []
    for name, read in (
        ("default_holdout", _share),
        ("global_holdout", _share),
        ("send_window_start", minute_of_day),
        ("send_window_end", minute_of_day),
        ("expires_after_days", float),
    ):
        try:
            read(settings[name])
        except (KeyError, ValueError) as error:
            faults.append(Fault("rules/settings.csv", 0, f"setting {name}: {error}", "correct it, or its environment"))
    return faults


def write_rules(
    con: duckdb.DuckDBPyConnection, home: Home, scenarios: list[Scenario], run: Run, settings: dict[str, str]
) -> None:
    """Fill activation.scenario_rules, step_rules, step_variants and variant_conditions for this run.

    Raises ConfigurationError for settings that cannot be read.
    """
    if faults := setting_faults(settings):
        raise ConfigurationError(faults)
    execute(con, "scenarios/tables")
    for scenario in scenarios:
        _insert(con, "scenario_rules", [_scenario_row(home, scenario, run, settings)])
        names = [step.step for step in scenario.steps]
        for number, step in enumerate(scenario.steps, start=1):
            before = names[number - 2] if number > 1 else None
            delay = step.delay
            _insert(
                con,
                "step_rules",
                [(scenario.id, step.step, number, before, delay.months, delay.days, delay.hours)],
            )
            for place, variant in enumerate(step.variants, start=1):
                _insert(
                    con,
                    "step_variants",
                    [
                        (
                            scenario.id,
                            step.step,
                            place,
                            variant.channel,
                            variant.content_id,
                            variant.product,
                            variant.product_id,
                            len(variant.when),
                        )
                    ],
                )
                _insert(
                    con,
                    "variant_conditions",
                    [
                        (scenario.id, step.step, place, attribute, value)
                        for attribute, values in variant.when.items()
                        for value in values
                    ],
                )


def _scenario_row(home: Home, scenario: Scenario, run: Run, settings: dict[str, str]) -> tuple[object, ...]:
    cut_off_at = datetime.fromisoformat(run.cut_off_at)
    is_daily = scenario.cadence == "daily"
    expires = (
        longest(scenario.expires_after)
        if scenario.expires_after
        else timedelta(days=float(settings["expires_after_days"]))
    )
    from_at = accounts_from(home, run, ACCOUNTED_DAYS, daily_only=is_daily)
    # Each step may go out later than due: up to its expiry, and then up to a day until the send window opens.
    reach = sum((longest(step.delay) + expires + timedelta(days=1) for step in scenario.steps), timedelta())
    window = scenario.send_window
    return (
        scenario.id,
        scenario.trigger.kind,
        scenario.trigger.nth if isinstance(scenario.trigger, Order) else None,
        scenario.trigger.at if isinstance(scenario.trigger, Birthday) else None,
        cut_off_at,
        from_at,
        cut_off_at + (timedelta(days=1) if is_daily else timedelta(hours=1)),
        from_at - reach,
        cut_off_at - expires,
        window.start if window else minute_of_day(settings["send_window_start"]),
        window.end if window else minute_of_day(settings["send_window_end"]),
        ten_thousandths(_share(settings["default_holdout"]) if scenario.holdout is None else scenario.holdout),
        "purchase" in scenario.exits,
        "cart_emptied" in scenario.exits,
        scenario.valid_from,
        scenario.valid_until,
        scenario.rule_version,
    )


def longest(delay: Delay) -> timedelta:
    """The most time that a delay can take: a month has at most 31 days."""
    return timedelta(days=31 * delay.months + delay.days, hours=delay.hours)


def ten_thousandths(share: float) -> int:
    """A hold-out share as the number of 10,000 hash places that it takes."""
    return round(10000 * share)


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise ValueError(f"`{text}` is not a share between 0 and 1")
    return share


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        places = ", ".join("?" * len(rows[0]))
        con.executemany(f"insert into activation.{table} values ({places})", rows)
