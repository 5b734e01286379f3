"""The critical expectations of an hourly run are judged as Great Expectations judges them, without it."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from dagster_project import warehouse
from dagster_project.errors import StageFailed
from dagster_project.gates import plain, validation
from dagster_project.gates.suites import Suite, load_suites
from dagster_project.home import Home

# Each with a column that holds it and one that breaks it.
CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("expect_column_values_to_not_be_null", {}, "id", "gap"),
    ("expect_column_values_to_be_unique", {}, "id", "twice"),
    ("expect_column_values_to_be_in_set", {"value_set": ["a", "b"]}, "word", "other"),
    ("expect_column_values_to_be_between", {"min_value": -5, "max_value": 5}, "id", "big"),
]
ROWS = "unexpected_rows_expectation"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home.open(tmp_path_factory.mktemp("plain") / "home")
    with warehouse.connect(home) as con:
        con.execute("create schema core")
        con.execute(
            "create table core.facts as select * from (values (1, null, 7, 'a', 'c', 1), (2, 2, 7, null, 'b', 6))"
            " as facts (id, gap, twice, word, other, big)"
        )
    return home


@pytest.fixture
def con(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    con = warehouse.connect(home)
    yield con
    con.close()


def facts(*expectations: dict[str, Any]) -> Suite:
    return Suite("core", "core", "facts", expectations)


def test_both_come_to_the_same_verdicts(home: Home, con: duckdb.DuckDBPyConnection) -> None:
    given = [
        {"type": kind, "kwargs": {"column": column, **kwargs}} for kind, kwargs, *columns in CASES for column in columns
    ]
    given += [
        {
            "type": ROWS,
            "kwargs": {"unexpected_rows_query": "select id from (select * from {batch}) where id > " + bound},
        }
        for bound in ("2", "1")
    ]
    judged, validated = plain.judge(con, facts(*given)), validation.validate(home, facts(*given))
    assert [each.passed for each in judged] == [True, False] * (len(given) // 2)
    assert sorted((each.expectation, each.column, each.passed) for each in judged) == sorted(
        (each.expectation, each.column, each.passed) for each in validated
    )


def test_warnings_are_left_to_the_daily_run(con: duckdb.DuckDBPyConnection) -> None:
    kind, _, _, broken = CASES[0]
    assert plain.judge(con, facts({"type": kind, "kwargs": {"column": broken}, "severity": "warning"})) == []


def test_a_broken_expectation_shows_harmless_columns_and_its_remedy(con: duckdb.DuckDBPyConnection) -> None:
    query = "select id, word from (select * from {batch}) where id = 2"
    [verdict] = plain.judge(
        con,
        facts(
            {"type": ROWS, "kwargs": {"unexpected_rows_query": query}, "meta": {"shows": ["id"], "remedy": "mend it"}}
        ),
    )
    assert (verdict.shown, verdict.remedy, verdict.observed) == ("id 2", "mend it", "1")


@pytest.mark.parametrize(
    "given",
    [
        {"type": "expect_column_median_to_be_between", "kwargs": {"column": "id", "min_value": 1, "max_value": 2}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "gap", "mostly": 0.5}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "nothing"}},
    ],
)
def test_what_cannot_be_judged_is_an_error_and_no_verdict(
    con: duckdb.DuckDBPyConnection, given: dict[str, Any]
) -> None:
    with pytest.raises(StageFailed, match="evaluate"):
        plain.judge(con, facts(given))


def test_every_shipped_critical_expectation_of_the_hourly_stages_can_be_judged() -> None:
    suites = [suite for stage in ("landing", "identity", "core", "activation") for suite in load_suites(stage)]
    assert suites
    for suite in suites:
        for given in plain.critical(suite):
            plain._broken_rows(suite, given["type"], dict(given["kwargs"]))
