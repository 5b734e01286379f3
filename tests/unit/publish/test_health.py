"""What identity_health is compared with: the newest published run before this one, whatever was run since."""

from datetime import date
from pathlib import Path

import pytest

from dagster_project import warehouse
from dagster_project.home import Home
from dagster_project.publish import health, runs

FIRST, SECOND, THIRD = (date(2026, 3, day) for day in (1, 2, 9))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose warehouse holds an empty identity_health."""
    home = Home.open(tmp_path / "home")
    with warehouse.connect(home) as con:
        con.execute("create schema run")
        con.execute("create schema marts")
        con.execute(f"create table marts.identity_health ({health.HEALTH_COLUMNS}, change double)")
    return home


def publish(home: Home, as_of: date, customers: int, whole: bool = True) -> None:
    """A run of `as_of` that finds so many customers; one that is not `whole` stops before its record is written."""
    with warehouse.connect(home) as con:
        con.execute("delete from marts.identity_health")
        con.execute(
            "insert into marts.identity_health values (?, 'persons', 'customers', null, ?, 0)", [as_of, customers]
        )
        health.record(con, home, as_of)
    if whole:
        runs.record(home, as_of, [])


def before(home: Home, as_of: date) -> list[tuple]:
    """The days and figures that a run of `as_of` sees."""
    with warehouse.connect(home) as con:
        health.load(con, home, as_of)
        return con.execute("select as_of, value from run.identity_health_before order by as_of").fetchall()


def test_the_first_run_has_nothing_before_it(home: Home) -> None:
    assert before(home, FIRST) == []


def test_a_repeated_run_sees_the_run_before_it_and_not_itself(home: Home) -> None:
    publish(home, FIRST, 10)
    publish(home, SECOND, 20)
    assert before(home, SECOND) == [(FIRST, 10)]
    publish(home, SECOND, 21)
    assert before(home, SECOND) == [(FIRST, 10)]
    assert before(home, THIRD) == [(FIRST, 10), (SECOND, 21)]


def test_a_backfill_sees_what_was_published_before_its_day(home: Home) -> None:
    publish(home, FIRST, 10)
    publish(home, THIRD, 30)
    assert before(home, SECOND) == [(FIRST, 10)]


def test_a_run_that_stopped_before_it_was_published_does_not_count(home: Home) -> None:
    publish(home, FIRST, 10)
    publish(home, SECOND, 20, whole=False)
    assert before(home, THIRD) == [(FIRST, 10)]


def test_a_week_of_runs_is_kept_in_sight(home: Home) -> None:
    for day in range(1, 11):
        publish(home, date(2026, 3, day), day)
    assert [value for _, value in before(home, date(2026, 3, 11))] == [4, 5, 6, 7, 8, 9, 10]
