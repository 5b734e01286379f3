"""The marts without rows, as their contracts declare them: to see what a feed reads before anything was built."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from dagster_project.activation import feeds
from dagster_project.activation.results.tables import empty_results
from dagster_project.activation.scenarios.ledger import COLUMNS, TABLES, gather_all
from dagster_project.activation.statements import execute
from dagster_project.home import Home
from dagster_project.publish.catalog import MARTS, create_views
from dagster_project.publish.descriptions import described

# Where a feed to addresses finds them.
ADDRESSES = (
    "create table identity.identity_map (customer_id varchar, identifier_kind varchar, identifier_key bigint)",
    "create schema pii",
    "create table pii.identifier_values (identifier_key bigint, value varchar)",
    "create table pii.person_attributes (customer_id varchar, email varchar, phone varchar, line_user_id varchar)",
)
# What the views of marts read besides marts, to end at as_of.
AS_OF = (
    "create table identity.persons (customer_id varchar, first_seen_at timestamp)",
    "create schema run",
    "create table run.context (as_of_end_at timestamp)",
)


@contextmanager
def empty_marts() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a database in memory in which every mart stands, empty, under `marts.<mart>`."""
    with duckdb.connect() as con, TemporaryDirectory() as folder:
        con.execute("set TimeZone = 'UTC'")
        con.execute("create schema marts")
        relations = [relation for relation, _ in MARTS.values() if not relation.startswith("activation.")]
        for relation in relations:
            schema = relation.split(".")[0]
            columns = ", ".join(f'"{column.name}" {column.type}' for column in described()[relation].columns)
            con.execute(f"create schema if not exists {schema}")
            con.execute(f"create table {relation} ({columns})")
        for statement in ADDRESSES:
            con.execute(statement)
        con.execute("create schema activation")
        for what, table in TABLES.items():
            con.execute(f"create table activation.{table} ({COLUMNS[what]})")
            con.execute(f"create table activation.ledger_{what} ({COLUMNS[what]}, run_no integer, is_earlier boolean)")
        for statement in AS_OF:
            con.execute(statement)
        gather_all(con)
        empty_results(con)
        execute(con, "kpis/kpis", as_of=date.max)
        feeds.sync_tables(con, Home(Path(folder)))
        create_views(con)
        yield con
