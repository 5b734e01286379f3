"""Whether what scenarios ask fits the marts: attributes, rows and columns that exist. Names are checked when read."""

from dataclasses import replace
from datetime import datetime

import duckdb

from dagster_project.activation.audiences import Schema, check
from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.frames import conditions_of
from dagster_project.activation.scenarios.touches import misfits
from dagster_project.errors import ConfigurationError


def bind(con: duckdb.DuckDBPyConnection, scenarios: list[Scenario]) -> None:
    """Raises ConfigurationError with every attribute, mart and column that there is not under schema `marts`."""
    # Scenarios read every external attribute, published or not.
    schema = replace(Schema.of(con, datetime.max), external_names=None)
    faults = [
        fault for scenario in scenarios for condition in conditions_of(scenario) for fault in check(condition, schema)
    ]
    faults += [fault for scenario in scenarios for fault in misfits(scenario, schema)]
    if faults:
        raise ConfigurationError(faults)
