"""Whether what scenarios ask fits the marts and their own triggers. Names are checked when read."""

from collections.abc import Iterator
from datetime import datetime

import duckdb

from dagster_project.activation.audiences.binding import check
from dagster_project.activation.audiences.comparing import MOMENTS, SUBJECTS
from dagster_project.activation.audiences.parts import Condition
from dagster_project.activation.audiences.schema import Schema
from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.touches import misfits
from dagster_project.activation.scenarios.triggers import ABOUT, Row
from dagster_project.errors import ConfigurationError, Fault


def bind(con: duckdb.DuckDBPyConnection, scenarios: list[Scenario]) -> None:
    """Raises ConfigurationError with every attribute, mart and column that there is not under schema `marts`.

    And with what conditions ask of a trigger, or of a step before, that knows nothing of it.
    """
    # Scenarios read every external attribute, published or not.
    schema = Schema.of(con, datetime.max)
    faults = [
        fault for scenario in scenarios for fault in (*_of_conditions(scenario, schema), *misfits(scenario, schema))
    ]
    if faults:
        raise ConfigurationError(list(dict.fromkeys(faults)))


def _of_conditions(scenario: Scenario, schema: Schema) -> Iterator[Fault]:
    about = ABOUT.get(scenario.trigger.kind, ())
    if isinstance(scenario.trigger, Row):
        columns = schema.columns.get(scenario.trigger.mart, SUBJECTS)  # a mart that is not there is told of by itself
        about = tuple(name for name in SUBJECTS if name in columns)
    for condition, moments in _conditions(scenario):
        yield from check(condition, schema, moments)
        for column, at in condition.subjects.items():
            if column not in about:
                remedy = f"one of: {', '.join(about)}" if about else "name its ids"
                yield at.fault(f"a scenario triggered by {scenario.trigger.kind} knows no {column}", remedy)


def _conditions(scenario: Scenario) -> Iterator[tuple[Condition, tuple[str, ...]]]:
    """Every condition with the moments that there are where it is asked: before the first step no step was sent."""
    first = ("trigger",)
    if scenario.audience:
        yield scenario.audience, first
    for place, when in scenario.whens:
        last = len(scenario.steps) - 1 if place is None else place  # an exit is asked before the last one too
        if when.others:
            yield when.others, MOMENTS if last else first
