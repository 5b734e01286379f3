"""Whose refusals (unsubscribed, complained) are that name neither address nor member, as far as their message tells.

Consents are made in the insights stage, before activation: so this is asked of the ledger before that stage.
"""

from collections.abc import Iterator
from typing import Any

import duckdb

from dagster_project.activation.scenarios.ledger import listed_rows
from dagster_project.activation.statements import execute
from dagster_project.home import Home
from dagster_project.run_context import RunContext


def name_refusals(con: duckdb.DuckDBPyConnection, home: Home, run: RunContext) -> Iterator[Any]:
    """Write run.named_refusals: source_key of the event, and an identifier_key of the person who refused.

    What a row of a list was sent for is known by the list; what a message was, by its other events. An identifier is
    told, since a person may be part of another by now. A step before the insights stage; it makes no asset.
    """
    execute(con, "scenarios/nameless_refusals")
    con.execute(f"create or replace temp table listed_rows as {listed_rows(home, 'nameless_refusals')}")
    execute(con, "scenarios/named_refusals")
    yield from ()
