"""The customers feed beside drt: what is held against each other is the same, and a difference shows."""

import duckdb
import pytest
import yaml

from dagster_project import warehouse
from dagster_project.home import Home
from tests.bench.feeds import (
    Step,
    customers_feed,
    differing_rows,
    drt_project,
    make_marts,
    next_day,
    received,
    report,
    sync_once,
)
from tests.bench.measure import Measured


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """A home after a first sync of 400 customers and a day on which a tenth of them changed; the counts of both."""
    home = Home.open(tmp_path_factory.mktemp("feeds") / "home")
    make_marts(home, 400)
    first = sync_once(home, 0)
    next_day(home, 1, 0.1)
    return home, first, sync_once(home, 1)


def test_a_day_changes_adds_and_removes_about_the_share_asked_for(synced):
    _, first, day = synced
    assert first["added"] == 343  # six of seven customers are members
    assert 0 < day["removed"] < day["changed"] < 60
    assert day["added"] > 0
    assert day["held_back"] == 0


def test_the_receiver_holds_what_drt_reads_and_a_difference_is_found(synced, tmp_path):
    home, _, _ = synced
    drt_project(tmp_path, home, "full")
    model = yaml.safe_load((tmp_path / "syncs" / "customers.yml").read_text())["model"]
    file = tmp_path / "customers.csv"
    with warehouse.connect(home) as con:
        con.execute(f"copy ({model}) to '{file}' (header)")
    assert differing_rows(home, file) == 0
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([lines[0], lines[1].replace(",", "x,", 1), *lines[3:]]))
    assert differing_rows(home, file) == 3
    with duckdb.connect() as con:
        assert con.execute(f"select count(*) from ({received(home)})").fetchone() == (len(lines) - 1,)


def test_drt_by_cursor_is_given_the_column_that_says_what_changed(synced, tmp_path):
    home, _, _ = synced
    drt_project(tmp_path, home, "incremental")
    sync = yaml.safe_load((tmp_path / "syncs" / "customers.yml").read_text())
    assert sync["sync"]["cursor_field"] == "changed_at"
    assert all(column.name in sync["model"] for column in customers_feed().columns)


def test_the_report_takes_start_up_off():
    step = Step("first", "drt, everything", Measured(9, {}, 2**30, 7.5), 1000, 0)
    assert "| first | drt, everything | 1,000 | 0 | 7.50 | 6.00 | 1.00 |" in report(1000, [step], {"drt": 1.5})
