"""What a gate makes of a table: a pass, a data failure or an error of the check, and never a personal value."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dagster_project import gates, warehouse
from dagster_project.errors import ConfigurationError, StageFailed
from dagster_project.gates import validation
from dagster_project.gates.suites import Suite, load_suites
from dagster_project.home import Home

CANARY = "hanako.canary@example.jp"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose staging holds one table of two rows: a good one, and one that carries the canary."""
    home = Home.open(tmp_path_factory.mktemp("gates") / "home")
    con = warehouse.connect(home)
    con.execute("create schema staging")
    con.execute(
        "create table staging.people as select * from (values (1, 'members', ?, 10), (2, 'store_cards', ?, -5))"
        " as people (id, source, email, amount)",
        ["good@example.jp", CANARY],
    )
    con.close()
    return home


def rows(query: str, **more: Any) -> dict[str, Any]:
    """An expectation that no row comes from `query`."""
    return {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}, **more}


def people(*expectations: dict[str, Any]) -> Suite:
    """A suite on staging.people."""
    return Suite("staging", "staging", "people", expectations)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Let the gate of every stage be the suite given."""

    def use(suite: Suite) -> None:
        monkeypatch.setattr(gates, "load_suites", lambda stage: (suite,))

    yield use
    load_suites.cache_clear()


def test_a_column_that_does_not_exist_is_an_error_and_no_verdict(home: Home) -> None:
    for expectation in (
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "nickname"}},
        rows("select 1 from (select * from {batch}) as people where people.nickname is null"),
    ):
        with pytest.raises(StageFailed, match="could not be evaluated"):
            validation.validate(home, people(expectation))


@pytest.mark.parametrize(
    ("expectation", "told"),
    [
        (
            {"type": "expect_column_values_to_not_be_nul", "kwargs": {"column": "id"}},
            "expect_column_values_to_not_be_nul",
        ),
        ({"type": "expect_column_values_to_not_be_null", "kwargs": {"colum": "id"}}, "colum extra fields"),
        ({"type": "expect_column_values_to_be_between", "kwargs": {"column": "id", "min_value": "one"}}, "min_value"),
    ],
)
def test_an_expectation_that_is_written_wrong_is_named_with_its_file(
    home: Home, expectation: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        validation.validate(home, people(rows("select * from {batch} where false"), expectation))
    assert str(caught.value).startswith("expectations/staging/people.yml: expectation 2: ")
    assert told in str(caught.value)


def test_a_table_that_does_not_exist_is_an_error(home: Home) -> None:
    missing = Suite("staging", "staging", "nobody", ({"type": "expect_table_row_count_to_be_between", "kwargs": {}},))
    with pytest.raises(Exception, match="nobody"):
        validation.validate(home, missing)


def test_an_error_tells_no_value_that_the_database_quotes(home: Home) -> None:
    with pytest.raises(StageFailed) as caught:
        validation.validate(
            home,
            people(rows("select 1 from (select * from {batch}) as people where cast(people.email as integer) = 1")),
        )
    assert "example.jp" not in str(caught.value)


def test_a_critical_failure_stops_and_says_what_broke_where_and_what_to_do(home: Home, only: Any) -> None:
    only(
        people(
            rows(
                "select people.source, people.email from (select * from {batch}) as people where people.amount < 0",
                description="No amount is negative",
                meta={"shows": ["source"], "remedy": "Mend the till."},
            )
        )
    )
    yielded = gates.run("staging", home)
    [check] = [next(yielded)]
    assert not check.passed
    assert check.severity.value == "ERROR"
    with pytest.raises(StageFailed) as caught:
        next(yielded)
    for told in (
        "gate of stage staging",
        "No amount is negative",
        "observed 1",
        "source store_cards",
        "Mend the till.",
    ):
        assert told in str(caught.value)


def test_a_warning_shows_and_lets_the_run_go_on(home: Home, only: Any) -> None:
    only(
        people(
            {
                "type": "expect_column_values_to_be_between",
                "severity": "warning",
                "kwargs": {"column": "amount", "min_value": 0},
            }
        )
    )
    [check] = list(gates.run("staging", home))
    assert not check.passed
    assert check.severity.value == "WARN"


def test_what_holds_passes(home: Home, only: Any) -> None:
    only(
        people(
            {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}},
            rows("select 1 from (select * from {batch}) as people where people.id > 2"),
        )
    )
    [check] = list(gates.run("staging", home))
    assert check.passed


def test_neither_results_nor_data_docs_carry_a_personal_value(home: Home, only: Any) -> None:
    only(
        people(
            rows("select * from (select * from {batch}) as people where people.amount < 0", meta={"shows": ["source"]}),
            {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "email", "value_set": ["a@example.jp"]}},
            {"type": "expect_column_values_to_not_be_in_set", "kwargs": {"column": "source", "value_set": ["members"]}},
            {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "email"}},
        )
    )
    checks = []
    with pytest.raises(StageFailed) as caught:
        for check in gates.run("staging", home):
            checks.append(check)
    told = str(caught.value) + "".join(str(check.metadata) for check in checks)
    pages = [file for file in home.docs.rglob("*") if file.is_file()]
    assert any(file.name == "index.html" for file in pages)
    for text in (told, *(file.read_text(encoding="utf-8", errors="replace") for file in pages)):
        assert CANARY not in text
        assert "good@example.jp" not in text
    assert Path(home.docs / "great_expectations" / "index.html").is_file()


def test_an_empty_table_passes(home: Home) -> None:
    con = warehouse.connect(home)
    con.execute("create or replace table staging.nothing as select * from staging.people where false")
    con.close()
    suite = Suite(
        "staging",
        "staging",
        "nothing",
        (
            {
                "type": "expect_column_values_to_be_between",
                "kwargs": {"column": "amount", "min_value": 0, "max_value": 1},
            },
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "email"}},
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id", "mostly": 0.2}},
            rows("select 1 from {batch}"),
        ),
    )
    assert [verdict.passed for verdict in validation.validate(home, suite)] == [True] * 4
