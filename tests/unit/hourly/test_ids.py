"""Ids that an hourly run gives away are known for ever, and of the day that would have published them anyway."""

from datetime import date

import duckdb
import pytest

from dagster_project import warehouse
from dagster_project.home import Home
from dagster_project.publish import ids, runs

PERSONS = """
    create schema run; create schema identity;
    create table run.context as select date '2026-03-02' as as_of, timestamp '2026-03-02 15:00' as as_of_end_at;
    create table run.published_ids as select 'known' as customer_id, 1 as anchor_key, date '2026-01-01' as first_as_of;
    create table identity.persons as select * from (values
        ('known', 1, timestamp '2026-01-01'), ('of yesterday', 2, timestamp '2026-03-01 01:00'),
        ('of today', 3, timestamp '2026-03-01 20:00'), ('not listed', 4, timestamp '2026-03-01 20:00')
    ) as persons (customer_id, anchor_key, first_seen_at);
    copy (select unnest(['known', 'of yesterday', 'of today']) as customer_id) to '{listed}' (format parquet);
"""


@pytest.mark.parametrize(
    ("published", "days"),
    [
        # Before the daily run of 1 March, and after it: it has seen whoever had come by its end.
        (date(2026, 2, 28), {"of yesterday": date(2026, 3, 1), "of today": date(2026, 3, 2)}),
        (date(2026, 3, 1), {"of yesterday": date(2026, 3, 2), "of today": date(2026, 3, 2)}),
        (None, {"of yesterday": date(2026, 3, 2), "of today": date(2026, 3, 2)}),
    ],
)
def test_listed_ids_are_recorded_of_the_day_that_publishes_them(tmp_path, published, days) -> None:
    home = Home.open(tmp_path / "home")
    if published:
        runs.record(home, published, [])
    listed = tmp_path / "listed.parquet"
    with warehouse.connect(home) as con:
        con.execute(PERSONS.format(listed=listed))
        ids.record_listed(con, home, "2026-03-02T12", listed)
    file = home.ledger / "published_ids" / "2026-03-02T12.parquet"
    with duckdb.connect() as con:
        assert dict(con.execute(f"select customer_id, first_as_of from '{file}'").fetchall()) == days
