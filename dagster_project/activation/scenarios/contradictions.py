"""What each part of a scenario allows and the whole does not, and names that nothing else knows."""

import csv
from collections.abc import Iterator
from itertools import pairwise

from dagster_project.activation.scenarios.declaration import EXIT_WORDS, Exit, Scenario, Step, Variant, When
from dagster_project.activation.scenarios.parts import Window, openings, usual_window
from dagster_project.activation.scenarios.triggers import (
    ABOUT,
    FOR_AUDIENCES,
    WITH_PRODUCT,
    Act,
    Badge,
    Entered,
    Season,
)
from dagster_project.rule_tables import read_rows
from dagster_project.settings import effective_settings

Place = tuple[str | int, ...]
Found = tuple[Place, str, str]
RESERVED = ("erased", "quality", "consent", "no_address", "holdout", "priority", "frequency_cap", "expired")


def contradictions(scenario: Scenario, stem: str) -> list[Found]:
    """(place, message, remedy) of what a scenario says against itself. `stem`: the name of its file."""
    return [*_of_the_whole(scenario, stem), *_of_exits(scenario), *_of_steps(scenario)]


def strangers(scenario: Scenario, scenarios: list[Scenario]) -> list[Found]:
    """What a scenario names that neither the rule tables nor the other scenarios have."""
    trigger = scenario.trigger
    found: list[Found] = []
    if isinstance(trigger, Badge):
        found += _unknown(trigger.badge_id, "badge_rules", "badge_id", ("trigger", "badge_id"))
    if isinstance(trigger, Entered):
        found += _unknown(trigger.rf_segment, "rf_segments", "segment", ("trigger", "rf_segment"))
    if isinstance(trigger, Season):
        found += _unknown(trigger.season, "seasonal_rules", "season", ("trigger", "season"), "rule_id")
    if isinstance(trigger, Act) and trigger.after:
        other = next((one for one in scenarios if one.id == trigger.after.scenario), None)
        steps = [step.step for step in other.steps] if other else []
        if other is None:
            ids = ", ".join(one.id for one in scenarios)
            found.append((("trigger", "after", "scenario"), f"no scenario {trigger.after.scenario}", f"one of: {ids}"))
        elif trigger.after.step and trigger.after.step not in steps:
            message = f"{other.id} has no step {trigger.after.step}"
            found.append((("trigger", "after", "step"), message, f"one of: {', '.join(steps)}"))
    for at, variant in _variants(scenario):
        kind = (variant.product or "").removeprefix("recommendation:")
        if kind != (variant.product or ""):
            found += _unknown([kind], "recommendation_kinds", "kind", (*at, "product"))
    return found


def _of_the_whole(scenario: Scenario, stem: str) -> Iterator[Found]:
    if scenario.id != stem:
        yield ("id",), f"the id `{scenario.id}` is not the file's name", f"call the file {scenario.id}.yml"
    if scenario.valid_from and scenario.valid_until and scenario.valid_from > scenario.valid_until:
        yield ("valid_until",), "valid_until is before valid_from", ""
    if scenario.trigger.kind in FOR_AUDIENCES and scenario.audience is None:
        yield ("trigger",), f"a scenario triggered by {scenario.trigger.kind} needs an audience", "say whom it is for"
    if isinstance(scenario.trigger, Act) and scenario.trigger.after and not scenario.trigger.every:
        yield ("trigger", "after"), "`after` goes with `every: true`", "re_entry says how often"
    yield from _of_re_entry(scenario)
    window = scenario.send_window or (_usual_window() if scenario.quiet_hours else None)
    if window and not openings(window, scenario.quiet_hours):
        yield ("quiet_hours",), "the quiet hours leave nothing of the send window", ""


def _usual_window() -> Window | None:
    """That of the settings; None where they cannot be read, which is told of elsewhere."""
    try:
        return usual_window(effective_settings())
    except (OSError, ValueError, csv.Error, KeyError):
        return None


def _of_re_entry(scenario: Scenario) -> Iterator[Found]:
    kind, column = scenario.trigger.kind, scenario.re_entry.of_each
    if column is None:
        return
    at, known = ("re_entry", "of_each"), ABOUT.get(kind, ())
    if not scenario.re_entry.is_limited:
        yield at, "re_entry says of what, and not how often", "add `once: true` or `after`"
    if column not in known:
        remedy = f"one of: {', '.join(known)}" if known else "remove it"
        yield at, f"a scenario triggered by {kind} knows no {column}", remedy


def _of_exits(scenario: Scenario) -> Iterator[Found]:
    kind = scenario.trigger.kind
    allowed = {"purchase", *(["product_purchase"] if kind in WITH_PRODUCT else [])}
    allowed |= {"cart_emptied"} if kind == "cart_left" else set()
    places: list[tuple[Place, Exit]] = [(("exits", number), one) for number, one in enumerate(scenario.exits)]
    for number, step in enumerate(scenario.steps):
        places += [(("steps", number, "skip", place), one) for place, one in enumerate(step.skip)]
    for at, one in places:
        if one.when is None and one.name not in EXIT_WORDS:
            yield at, f"unknown exit `{one.name}`", f"one of: {', '.join(sorted(allowed))}, or give it a `when`"
        elif one.when is None and one.name not in allowed:
            words = ", ".join(sorted(allowed))
            yield at, f"a scenario triggered by {kind} has no exit `{one.name}`", f"one of: {words}"
        elif one.when and one.name in (*RESERVED, *EXIT_WORDS[:2]):
            yield at, f"`{one.name}` is a reason of its own", "call it otherwise; a purchase is `purchased`"


def _of_steps(scenario: Scenario) -> Iterator[Found]:
    first_at: dict[str, int] = {}
    for number, step in enumerate(scenario.steps):
        at: Place = ("steps", number)
        if first_at.setdefault(step.step, number) != number:
            yield (*at, "step"), f"the step id `{step.step}` stands twice", "give each step its own id"
        if step.variants[-1].when:
            last = (*at, "variants", len(step.variants) - 1)
            yield last, "the last variant has a `when`", "end with a variant for everybody else"
        if "channel" in step.smart and len({variant.channel for variant in step.variants}) < 2:
            yield (*at, "smart"), "there is one channel only to choose from", "give variants of several channels"
        yield from _of_variants(scenario, step, at)
        before = [one.step for one in scenario.steps[:number]]
        for place, when in _whens(scenario, number):
            for word, asked in when.messages.items():
                if asked not in before:
                    remedy = f"one of: {', '.join(before)}" if before else "ask in a later step"
                    yield (*place, word), f"`{asked}` is no step before this one", remedy


def _of_variants(scenario: Scenario, step: Step, at: Place) -> Iterator[Found]:
    kind = scenario.trigger.kind
    for place, variant in enumerate(step.variants):
        here = (*at, "variants", place)
        if not variant.when and place < len(step.variants) - 1 and "channel" not in step.smart:
            yield here, "variants after one without `when` are never reached", "put it last"
        if variant.product and variant.product_id:
            yield (*here, "product_id"), "both product and product_id are given", "keep one"
        if variant.product in ("trigger", "line") and kind not in WITH_PRODUCT:
            yield (*here, "product"), f"a scenario triggered by {kind} has no product", "name a product_id"
        times = sorted((one.from_, one.until, number) for number, one in enumerate(variant.schedule))
        for (_, until, _), (from_, _, number) in pairwise(times):
            if from_ <= until:
                yield (*here, "schedule", number), "two times of the schedule overlap", "end one before the next"


def _whens(scenario: Scenario, number: int) -> Iterator[tuple[Place, When]]:
    """Conditions asked before step `number`, counted from 0; those of exits before all that they can be."""
    step = scenario.steps[number]
    for place, one in enumerate(step.skip):
        if one.when:
            yield ("steps", number, "skip", place, "when"), one.when
    for place, variant in enumerate(step.variants):
        if variant.when:
            yield ("steps", number, "variants", place, "when"), variant.when
    if number == len(scenario.steps) - 1:
        for place, one in enumerate(scenario.exits):
            if one.when:
                yield ("exits", place, "when"), one.when


def _variants(scenario: Scenario) -> Iterator[tuple[Place, Variant]]:
    for number, step in enumerate(scenario.steps):
        for place, variant in enumerate(step.variants):
            yield ("steps", number, "variants", place), variant


def _unknown(words: list[str], table: str, column: str, place: Place, also: str = "") -> Iterator[Found]:
    """Words that a rule table has in neither column; where it cannot be read, it is told of by itself."""
    rows = read_rows(table)
    if rows is None:
        return
    known = {row.get(column) or "" for row in rows}
    for word in words:
        if word not in known | {row.get(also) for row in rows}:
            yield place, f"{table} has no {column} `{word}`", f"one of: {', '.join(sorted(known))}"
