"""When the scheduled runs run, and for which Tokyo day; those of a backfill one after another."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from dagster import DagsterInstance

from dagster_project.home import Home
from dagster_project.run_context import day_of_cut_off, end_of_day, tokyo_today
from dagster_project.runner import prepare_environment


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC), date(2026, 3, 31)),
        (datetime(2026, 3, 31, 15, 0, tzinfo=UTC), date(2026, 4, 1)),
    ],
)
def test_a_day_begins_at_midnight_in_tokyo(moment: datetime, day: date) -> None:
    assert tokyo_today(moment) == day


def test_the_hour_that_ends_at_midnight_belongs_to_the_day_before() -> None:
    midnight = end_of_day(date(2026, 3, 31)).replace(tzinfo=UTC)
    assert day_of_cut_off(midnight) == date(2026, 3, 31)
    assert day_of_cut_off(midnight.replace(hour=16)) == date(2026, 4, 1)


def test_runs_of_a_backfill_do_not_wait_for_each_other_in_vain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KIZUNA_HOME", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")  # so that they are as they were after the test
    home = Home.open(tmp_path / "home")
    prepare_environment(home)
    with DagsterInstance.get() as instance:
        queue = instance.get_concurrency_config().run_queue_config
    assert queue is not None
    assert queue.tag_concurrency_limits == [
        {"key": "dagster/backfill", "value": {"applyLimitPerUniqueValue": True}, "limit": 1}
    ]
