"""What doctor asks of audiences: named ones and ready conditions, against marts as their contracts declare them."""

from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.activation.audiences.binding import check
from dagster_project.activation.audiences.library import CONDITIONS, library_of
from dagster_project.activation.audiences.parts import Condition
from dagster_project.activation.audiences.schema import Schema
from dagster_project.errors import Fault

ANY_DAY = datetime(2000, 1, 1)


def check_library(con: duckdb.DuckDBPyConnection, folder: Path) -> list[Fault]:
    """Every fault of the audiences and ready conditions of `folder`; `con` holds marts, with or without rows."""
    library = library_of(folder)
    schema = Schema.of(con, ANY_DAY)
    found = list(library.faults)
    for name in library.audiences:
        part, faults = library.audience(name)
        found += faults
        if part is not None:
            found += check(Condition(part), schema, moments=())
    file = f"{folder.name}/{CONDITIONS}"
    for name, example in library.examples.items():
        found += check(example, schema)
        if name in schema.columns.get("customers", {}):
            message = f"the ready condition `{name}` hides the column of that name of customers"
            found.append(Fault(file, 0, message, "give it another name"))
    return sorted(set(found))
