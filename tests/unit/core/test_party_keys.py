"""The macro that joins identifier keys into a party key, rendered as dbt renders it, without a file."""

from pathlib import Path
from types import SimpleNamespace

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from dagster_project.project import DBT_PROJECT

COLUMNS = ["member_key", "email_key", "visitor_key"]
KEYS = st.one_of(st.none(), st.integers(min_value=1, max_value=2**60 - 1))


def _party_key_sql() -> str:
    environment = Environment(extensions=["jinja2.ext.do"])  # noqa: S701
    environment.globals["return"] = lambda value: value
    text = (Path(DBT_PROJECT) / "macros" / "core" / "parties.sql").read_text(encoding="utf-8")
    macros = environment.from_string(text)
    environment.globals["adapter"] = SimpleNamespace(
        dispatch=lambda name, _: getattr(macros.module, f"default__{name}")
    )
    return str(macros.make_module().party_key(COLUMNS))


SQL = (
    f"select {_party_key_sql()} from"
    " (select cast(? as bigint) as member_key, cast(? as bigint) as email_key,"
    " cast(? as bigint) as visitor_key)"
)


def _party_key(*keys: int | None) -> int | None:
    with duckdb.connect() as con:
        row = con.execute(SQL, list(keys)).fetchone()
    assert row is not None
    return row[0]


def test_a_party_without_identifiers_has_no_key():
    assert _party_key(None, None, None) is None


@settings(deadline=None, max_examples=30)
@given(KEYS)
def test_a_single_identifier_is_its_own_party(key: int | None):
    assert _party_key(None, key, None) == key


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(min_value=1, max_value=2**60 - 1), min_size=3, max_size=3, unique=True))
def test_dropping_an_identifier_changes_the_party(keys: list[int]):
    assert _party_key(*keys) != _party_key(keys[0], keys[1], None)
