"""When the scheduled runs run, and for which Tokyo day."""

from datetime import UTC, date, datetime

import pytest

from dagster_project.run_context import day_of_cut_off, end_of_day, tokyo_today


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
