from types import SimpleNamespace

import duckdb
import jinja2
import pytest

from dagster_project import proven
from dagster_project.project import DBT_PROJECT


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute("create schema run")
        yield con


def of_all_rows(con) -> bool:
    return con.execute("select of_all_rows from run.tests_due").fetchall()[0][0]


def test_a_stage_that_did_not_end_is_tested_whole_until_it_has(con):
    assert not proven.begin(con, "marts")
    assert not of_all_rows(con)
    assert proven.begin(con, "marts")  # it failed, or died
    assert of_all_rows(con)
    assert proven.begin(con, "marts")
    proven.end(con, "marts")
    assert not proven.begin(con, "marts")
    assert not of_all_rows(con)


def test_stages_are_told_apart(con):
    proven.begin(con, "core")
    assert not proven.begin(con, "marts")
    proven.end(con, "marts")
    assert proven.begin(con, "core")


def doubles(con, read: str = "of_batch") -> list:
    """What the test of a key that reads its batch alone (or `keys_of_batch`) finds in run.made, of which the newest
    batch is `now`."""
    text = (DBT_PROJECT / "macros" / "tests.sql").read_text()
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 (SQL, not HTML)
    environment.globals |= {
        "execute": True,
        "invocation_id": "now",
        "run_query": lambda query: SimpleNamespace(rows=con.execute(query).fetchall()),
    }
    macros = text.replace("{% test ", "{% macro ").replace("{% endtest %}", "{% endmacro %}")
    test = environment.from_string(macros).module.unique_key("run.made", ["id"], **{read: True})
    return con.execute(test + " order by all").fetchall()


def test_a_key_that_is_double_stops_the_next_run_too(con):
    con.execute(
        "create table run.made as select unnest(['a', 'b', 'b']) as id, unnest(['now', 'now', 'now']) as _batch"
    )
    proven.begin(con, "marts")
    assert doubles(con) == [("b", 2)]
    con.execute("update run.made set _batch = 'before'")
    proven.begin(con, "marts")
    assert doubles(con) == [("b", 2)]
    proven.end(con, "marts")
    proven.begin(con, "marts")
    assert doubles(con) == []


def test_a_key_that_an_older_row_has_too_is_found_by_those_of_the_batch(con):
    con.execute(
        "create table run.made as select unnest(['a', 'b', 'b', 'c', null, 'd', 'd']) as id,"
        " unnest(['before', 'before', 'now', 'now', 'now', 'before', 'before']) as _batch"
    )
    proven.begin(con, "marts")
    assert doubles(con, "keys_of_batch") == [("b", 2), (None, 1)]
    proven.begin(con, "marts")
    assert doubles(con, "keys_of_batch") == [("b", 2), ("d", 2), (None, 1)]
