"""Whether what scenarios ask fits the marts: attributes, rows and columns that exist. Names are checked when read."""

from datetime import datetime

import duckdb

from dagster_project.activation.audiences.binding import check
from dagster_project.activation.audiences.schema import Schema
from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.frames import conditions_of
from dagster_project.activation.scenarios.touches import misfits
from dagster_project.errors import ConfigurationError


def bind(con: duckdb.DuckDBPyConnection, scenarios: list[Scenario]) -> None:
    """Raises ConfigurationError with every attribute, mart and column that there is not under schema `marts`."""
    # Scenarios read every external attribute, published or not.
    schema = Schema.of(con, datetime.max)
    faults = [
        fault for scenario in scenarios for condition in conditions_of(scenario) for fault in check(condition, schema)
    ]
    faults += [fault for scenario in scenarios for fault in misfits(scenario, schema)]
    if faults:
        raise ConfigurationError(faults)
