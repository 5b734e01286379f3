"""Rule tables, which a run loads and tests again only where somebody has edited them, or what is declared beside them,
since, and where this is another version: a new one may test them otherwise."""

from importlib.metadata import version

import duckdb

from dagster_project.files import digest_of
from dagster_project.project import seeds


def are_loaded(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the warehouse holds the rule tables as they stand in `seeds/rules/`."""
    con.execute("create table if not exists run.rule_tables (digest varchar)")
    return con.execute("select digest from run.rule_tables").fetchall() == [(_digest(),)]


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """Before they are loaded: until `note`, nobody knows what the warehouse holds."""
    con.execute("create or replace table run.rule_tables (digest varchar)")


def note(con: duckdb.DuckDBPyConnection) -> None:
    """After they were loaded, all of them."""
    con.execute("insert into run.rule_tables values (?)", [_digest()])


def _digest() -> str:
    return f"{version('kizuna')} {digest_of(seeds() / 'rules')}"
