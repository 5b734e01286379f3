"""R of the RF table, held against dateutil's calendar."""

import random
from datetime import date, timedelta

import duckdb
import pytest
from dateutil.relativedelta import relativedelta
from rendered import render


def largest_k(start: date, end: date) -> int:
    """The largest k for which `start` plus k months, clamped to the month's end, is on or before `end`."""
    k = 0
    while start + relativedelta(months=k + 1) <= end:
        k += 1
    return k


def completed(pairs: list[tuple[date, date]]) -> list[int]:
    con = duckdb.connect()
    con.execute("create table pairs (number integer, bought date, seen date)")
    con.executemany("insert into pairs values (?, ?, ?)", [(n, *pair) for n, pair in enumerate(pairs)])
    sql = render("select {{ completed_months('bought', 'seen') }} from pairs order by number")
    return [row[0] for row in con.execute(sql).fetchall()]


@pytest.mark.parametrize(
    ("bought", "seen", "months"),
    [
        (date(2026, 1, 31), date(2026, 2, 27), 0),
        (date(2026, 1, 31), date(2026, 2, 28), 1),
        (date(2028, 1, 31), date(2028, 2, 28), 0),
        (date(2028, 1, 31), date(2028, 2, 29), 1),
        (date(2024, 2, 29), date(2025, 2, 28), 12),
        (date(2024, 2, 29), date(2025, 2, 27), 11),
        (date(2026, 7, 20), date(2026, 11, 19), 3),
        (date(2026, 7, 20), date(2026, 11, 20), 4),
        (date(2026, 3, 31), date(2026, 11, 29), 7),
        (date(2026, 3, 31), date(2026, 11, 30), 8),
        (date(2026, 11, 20), date(2026, 11, 20), 0),
    ],
)
def test_the_calendar_s_edges(bought: date, seen: date, months: int) -> None:
    assert completed([(bought, seen)]) == [months] == [largest_k(bought, seen)]


def test_every_day_of_four_years_against_every_month_end_and_random_days() -> None:
    chance = random.Random(20261120)
    first = date(2023, 1, 1)
    days = [first + timedelta(days=n) for n in range(4 * 365 + 1)]
    pairs = [(day, day + timedelta(days=chance.randint(0, 900))) for day in days for _ in range(2)]
    ends = [day for day in days if (day + timedelta(days=1)).day == 1]
    pairs += [(day, end) for day in days for end in chance.sample(ends, 3) if day <= end]
    assert completed(pairs) == [largest_k(*pair) for pair in pairs]
