"""What is started alone, or tried again later, is never built upon the stages of another day."""

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest

from dagster_project import stage_days
from dagster_project.errors import StageFailed
from dagster_project.run_context import RunContext, end_of_day

DAY = date(2026, 3, 31)
OF_DAY = RunContext.daily(DAY)
OF_HOUR = RunContext(DAY, end_of_day(DAY), is_hourly=True)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse that holds a whole run of the day."""
    with duckdb.connect() as con:
        through(con, OF_DAY, *stage_days.STAGES)
        yield con


def through(con: duckdb.DuckDBPyConnection, run: RunContext, *stages: str) -> None:
    for stage in stages:
        stage_days.begin(con, stage, run)
        stage_days.end(con, stage, run)


@pytest.mark.parametrize("days", [-45, 1])
def test_a_day_is_not_published_from_what_is_another_days(con: duckdb.DuckDBPyConnection, days: int) -> None:
    other = RunContext.daily(DAY + timedelta(days=days))
    for stage in ("publish", "activation", "marts"):
        with pytest.raises(StageFailed, match=f"whole daily run of {other.as_of}"):
            stage_days.begin(con, stage, other)
    through(con, OF_DAY, "publish")  # what was refused has changed nothing


def test_the_newest_day_is_not_published_from_a_backfill(con: duckdb.DuckDBPyConnection) -> None:
    through(con, RunContext.daily(DAY - timedelta(days=45), is_newest=False), *stage_days.STAGES)
    with pytest.raises(StageFailed):
        stage_days.begin(con, "publish", OF_DAY)


def test_a_run_that_stopped_goes_on_where_it_stopped(con: duckdb.DuckDBPyConnection) -> None:
    stage_days.begin(con, "core", OF_DAY)
    with pytest.raises(StageFailed, match=r"of core the warehouse"):
        stage_days.begin(con, "publish", OF_DAY)
    through(con, OF_DAY, "core", "marts", "insights", "activation", "publish")


def test_not_upon_what_an_hourly_run_has_built_since(con: duckdb.DuckDBPyConnection) -> None:
    through(con, OF_HOUR, "landing", "staging", "identity", "core", "insights", "activation", "publish")
    with pytest.raises(StageFailed):
        stage_days.begin(con, "marts", OF_DAY)
    through(con, OF_DAY, *stage_days.STAGES)


def test_lists_and_feeds_that_were_given_away_are_not_published_once_more(con: duckdb.DuckDBPyConnection) -> None:
    stage_days.begin(con, "publish", OF_DAY)
    stage_days.spend(con)  # a receiver is down
    with pytest.raises(StageFailed, match=r"of activation the warehouse"):
        stage_days.begin(con, "publish", OF_DAY)
    through(con, OF_DAY, "activation", "publish")


def test_rule_tables_are_no_days(con: duckdb.DuckDBPyConnection) -> None:
    through(con, RunContext.daily(DAY + timedelta(days=1)), "rules")
    through(con, OF_DAY, "publish")
