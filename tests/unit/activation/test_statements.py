"""What DuckDB 2.0 gets wrong when it turns joins round is kept from statements of many joins."""

import duckdb
import pytest

from dagster_project.activation.statements import joined_as_written

PLAN = "explain select few.n, many.word from few left join many on few.n = many.n"


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute("create table few as select range as n from range(10)")
    made.execute("create table many as select range as n, cast(range as varchar) as word from range(100000)")
    return made


def is_turned_round(con: duckdb.DuckDBPyConnection) -> bool:
    return "RIGHT" in con.execute(PLAN).fetchall()[0][1]


def test_a_left_join_is_turned_round_but_where_joins_stand_as_written(con: duckdb.DuckDBPyConnection) -> None:
    assert is_turned_round(con)
    with joined_as_written(con):
        assert not is_turned_round(con)
    assert is_turned_round(con)


def test_joins_are_turned_round_again_after_a_statement_that_fails(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.ParserException), joined_as_written(con):
        con.execute("select from nowhere at all")
    assert is_turned_round(con)
