"""What a marketer should look at after a run, though nothing has stopped: contents unknown, audiences of nobody."""

from collections.abc import Iterator
from datetime import date

import duckdb

from dagster_project.activation.audiences.measuring import nobody
from dagster_project.activation.audiences.parts import Condition, Named, Part
from dagster_project.activation.audiences.schema import Schema
from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.frames import conditions_of


def unknown_contents(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Scenarios of this run that send contents which the source contents does not have."""
    rows = con.execute(
        "select variants.scenario_id,"
        " string_agg(distinct variants.content_id, ', ' order by variants.content_id)"
        " from (select scenario_id, content_id from activation.step_variants union"
        " select scenario_id, content_id from activation.scheduled_contents where content_id is not null) as variants"
        " left join staging.stg_contents as contents on variants.content_id = contents.content_id"
        " where contents.content_id is null group by variants.scenario_id order by variants.scenario_id"
    ).fetchall()
    return [
        f"scenario {scenario_id} sends contents that source contents does not have: {contents}"
        for scenario_id, contents in rows
    ]


def empty_audiences(
    con: duckdb.DuckDBPyConnection, scenarios: list[Scenario], as_of: date, schema: Schema
) -> list[str]:
    """Audiences that match nobody, of scenarios valid on `as_of`: their own, and named ones that they ask for.

    All are counted in one pass over the marts. Those that name a moment cannot be: they depend on the trigger.
    """
    valid = [
        one
        for one in scenarios
        if (one.valid_from is None or one.valid_from <= as_of) and (one.valid_until is None or as_of <= one.valid_until)
    ]
    found: dict[str, tuple[Condition, list[str]]] = {}
    for scenario in valid:
        for name, condition in _audiences(scenario):
            found.setdefault(name, (condition, []))[1].append(scenario.id)
    empty = nobody(con, {name: condition for name, (condition, _) in found.items()}, schema)
    return [f"{name} matches nobody (asked by {', '.join(dict.fromkeys(found[name][1]))})" for name in empty]


def _audiences(scenario: Scenario) -> Iterator[tuple[str, Condition]]:
    """What it is called, and the condition."""
    own = scenario.audience
    if own and not own.moments and not _is_named(own.part):
        yield f"the audience in {scenario.id}.yml", own
    for condition in conditions_of(scenario):
        for part in condition.walk():
            if isinstance(part, Named) and part.is_audience:
                yield f"the audience {part.name}", Condition(part)


def _is_named(part: Part) -> bool:
    return isinstance(part, Named) and part.is_audience
