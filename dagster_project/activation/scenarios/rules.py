"""Writes scenarios into tables that `sql/` joins: rows per scenario, step, variant, exit and word of a trigger."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain

import duckdb

from dagster_project.activation.scenarios.calendar_days import write_days
from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.ledger import Run, accounts_from, read_runs
from dagster_project.activation.scenarios.parts import DAY, Delay, openings, usual_window
from dagster_project.activation.scenarios.triggers import Act, Order, Score, Trigger
from dagster_project.activation.statements import execute
from dagster_project.errors import ConfigurationError
from dagster_project.home import Home
from dagster_project.setting_faults import setting_faults

# A step due earlier than this before the cut-off is not accounted for, unless it fell due since the run
# before. So a home's first run writes a month of `expired`, not its whole history; longer costs rows only.
ACCOUNTED = timedelta(days=30)
NOTHING = Delay(days=0)


def of_cadence(scenarios: list[Scenario], is_hourly: bool) -> list[Scenario]:
    """The scenarios that a run works on: a daily run on all, an hourly run on those of hourly cadence."""
    return [scenario for scenario in scenarios if not is_hourly or scenario.cadence == "hourly"]


def write_rules(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    scenarios: list[Scenario],
    run: Run,
    settings: dict[str, str],
    known: list[Scenario],
    ahead: timedelta | None = None,
) -> None:
    """Fill activation.scenario_rules, step_rules, step_variants and the like with what this run works on.

    `known` are all scenarios: what ends them is looked at again also where this run does not work on them. `ahead`:
    how far after the cut-off steps are looked for (default: up to the run after this one).

    Raises ConfigurationError for settings that cannot be read.
    """
    if faults := setting_faults():
        raise ConfigurationError(faults)
    execute(con, "scenarios/rule_tables")
    execute(con, "scenarios/tables")
    execute(con, "scenarios/cap_channels")
    earlier = [other for other in read_runs(home) if other.run_no < run.run_no]
    _insert(con, "scenario_rules", [_scenario_row(earlier, scenario, run, settings, ahead) for scenario in scenarios])
    _insert(con, "trigger_filters", [(one.id, *row) for one in scenarios for row in named_by(one.trigger)])
    _insert(con, "exit_rules", [row for scenario in known for row in _exit_rows(scenario)])
    _insert(con, "messages_asked", [row for scenario in scenarios for row in _asked_rows(scenario)])
    _insert(con, "step_rules", [row for scenario in scenarios for row in _step_rows(scenario)])
    _insert(con, "step_variants", [row for scenario in scenarios for row in _variant_rows(scenario)])
    _insert(con, "scheduled_contents", [row for scenario in scenarios for row in _schedule_rows(scenario)])
    write_days(con, scenarios)


def _step_rows(scenario: Scenario) -> Iterator[tuple[object, ...]]:
    before = None
    for number, step in enumerate(scenario.steps, start=1):
        delay = (step.delay.months, step.delay.days, step.delay.hours)
        yield scenario.id, step.step, number, before, *delay, "channel" in step.smart, "hour" in step.smart
        before = step.step


def _variant_rows(scenario: Scenario) -> Iterator[tuple[object, ...]]:
    for step in scenario.steps:
        for place, variant in enumerate(step.variants, start=1):
            cost = scenario.cost_per_message if variant.cost_per_message is None else variant.cost_per_message
            what = (variant.channel, variant.content_id, variant.product, variant.product_id)
            yield scenario.id, step.step, place, *what, cost, variant.when is not None


def _schedule_rows(scenario: Scenario) -> Iterator[tuple[object, ...]]:
    for step in scenario.steps:
        for place, variant in enumerate(step.variants, start=1):
            for one in variant.schedule:
                yield scenario.id, step.step, place, one.from_, one.until, one.content_id, one.product_id


def named_by(trigger: Trigger) -> list[tuple[str, str]]:
    """(attribute, value) of what a trigger names: numbers, products, segments, campaigns ..."""
    if isinstance(trigger, Order | Act):
        numbers = [("nth", str(number)) for number in trigger.numbers]
        each = trigger.of_each if isinstance(trigger, Act) else None
        return numbers + ([("of_each", each)] if each else [])
    if isinstance(trigger, Score):
        return [(trigger.category, str(trigger.reaches))]
    found: list[tuple[str, str]] = []
    for name in ("badge_id", "rf_segment", "product_id", "brand_id", "category", "campaign_id", "campaign_kind"):
        found += [(name, value) for value in getattr(trigger, name, None) or []]
    if trigger.kind == "replenishment":
        found.append(("bought", str(trigger.bought)))
    return found


def _exit_rows(scenario: Scenario) -> Iterator[tuple[object, ...]]:
    for step, position, one in scenario.exit_places:
        # A trial ends a cart as an order does.
        kind, with_trials = "condition" if one.when else one.name, scenario.trigger.kind == "cart_left"
        yield scenario.id, step, position, kind, one.reason, with_trials


def _asked_rows(scenario: Scenario) -> list[tuple[object, ...]]:
    """Whose messages the scenario asks about: its own in conditions, another's in a trigger."""
    rows: list[tuple[object, ...]] = []
    if isinstance(scenario.trigger, Act) and (after := scenario.trigger.after):
        rows.append((scenario.id, "after", after.scenario, after.step, after.event, after.same))
    if any(when.messages for _, when in scenario.whens):
        rows.append((scenario.id, "when", scenario.id, None, "opened", None))
    return rows


def _scenario_row(
    earlier: list[Run], scenario: Scenario, run: Run, settings: dict[str, str], until_next: timedelta | None
) -> tuple[object, ...]:
    cut_off_at = datetime.fromisoformat(run.cut_off_at)
    is_daily, trigger = scenario.cadence == "daily", scenario.trigger
    expires = (
        longest(scenario.expires_after)
        if scenario.expires_after
        else timedelta(days=float(settings["expires_after_days"]))
    )
    from_at = accounts_from(earlier, run, ACCOUNTED, daily_only=is_daily)
    # Who comes into the audience of a day long past was never in it: no more is accounted for than can be sent.
    first_from_at = accounts_from(earlier, run, expires, daily_only=is_daily) if scenario.audience else from_at
    horizon_at = cut_off_at + (until_next or (timedelta(days=1) if is_daily else timedelta(hours=1)))
    first_delay = scenario.steps[0].delay
    # Each step may go out later than due: up to its expiry, and then up to a day until the send window opens.
    reach = sum((longest(step.delay) + expires + timedelta(days=1) for step in scenario.steps), timedelta())
    window = scenario.send_window or usual_window(settings)
    quiet = scenario.quiet_hours
    opens = openings(window, quiet)
    ahead = getattr(trigger, "bought_within", None) or getattr(trigger, "ahead", None) or NOTHING
    default_holdout = 0.0 if scenario.is_transactional else float(settings["default_holdout"])
    again = scenario.re_entry.after
    return (
        scenario.id,
        scenario.priority,
        trigger.kind,
        getattr(trigger, "at", None) if trigger.kind != "row" else None,
        getattr(trigger, "every", False),
        *(ahead.months, ahead.days, ahead.hours),
        cut_off_at,
        from_at,
        first_from_at,
        horizon_at,
        first_from_at - longest(first_delay),
        horizon_at - shortest(first_delay),
        from_at - reach,
        cut_off_at - expires,
        window.start,
        window.end,
        quiet.start % DAY if quiet else None,
        quiet.end % DAY if quiet else None,
        opens[0],
        opens[-1],
        ten_thousandths(default_holdout if scenario.holdout is None else scenario.holdout),
        scenario.valid_from,
        scenario.valid_until,
        scenario.is_transactional,
        scenario.re_entry.once,
        *((again.months, again.days, again.hours) if again else (None, None, None)),
        scenario.re_entry.of_each,
        scenario.rule_version,
    )


def longest(delay: Delay) -> timedelta:
    """The most time that a delay can take: a month has at most 31 days."""
    return timedelta(days=31 * delay.months + delay.days, hours=delay.hours)


def shortest(delay: Delay) -> timedelta:
    """The least time that a delay can take: a month has at least 30 days, but February, which comes once in twelve."""
    return timedelta(days=max(30 * delay.months - 2, 0) + delay.days, hours=delay.hours)


def ten_thousandths(share: float) -> int:
    """A hold-out share as the number of 10,000 hash places that it takes."""
    return round(10000 * share)


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        places = f"({', '.join('?' * len(rows[0]))})"
        con.execute(f"insert into activation.{table} values {', '.join([places] * len(rows))}", list(chain(*rows)))
