"""What is usual in a home is told by its own earlier runs: with fewer than seven of them a gate only warns."""

from datetime import date, timedelta

import pytest

from dagster_project import warehouse
from dagster_project.gates.suites import load_suites
from dagster_project.gates.validation import Verdict, validate
from dagster_project.home import Home

AS_OF = date(2026, 3, 31)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the tables that the gates on volumes and freshness read, all empty."""
    home = Home.open(tmp_path_factory.mktemp("volumes") / "home")
    con = warehouse.connect(home)
    con.execute("create schema run; create schema marts; create schema core")
    con.execute(
        "create table run.files (source varchar, file_id varchar, file_no integer, landing_no integer,"
        " name varchar, path varchar, sha256 varchar, rows bigint, landed_at timestamp)"
    )
    con.execute("create table run.volumes (as_of date, source varchar, rows bigint)")
    con.execute("create table run.settings (name varchar, value varchar)")
    con.execute(
        "create table run.context as select ? as as_of, cast(? as timestamp) as as_of_end_at",
        [AS_OF, f"{AS_OF} 15:00:00"],
    )
    con.execute("create table marts.kpi_daily (day date, metric varchar, value decimal(18, 2))")
    con.execute("create table core.orders (is_counted boolean, net_amount decimal(18, 2), ordered_at timestamp)")
    con.close()
    return home


def landed(home: Home, runs: int, rows: int, block: str = "1", rows_before: int = 1000) -> list[Verdict]:
    """Verdicts of landing's gate: `runs` earlier runs of 100 rows each up to `rows_before`, and `rows` now."""
    con = warehouse.connect(home)
    con.execute("delete from run.files; delete from run.volumes; delete from run.settings")
    con.execute("insert into run.settings values ('volumes_block', ?)", [block])
    for ago in range(1, runs + 1):
        con.execute(
            "insert into run.volumes values (?, 'web_events', ?)",
            [AS_OF - timedelta(days=ago), rows_before - 100 * (ago - 1)],
        )
    con.execute("insert into run.files values ('web_events', 'f1', 1, 1, 'a.csv', '', 'sha', ?, now())", [rows])
    con.close()
    [suite] = load_suites("landing")
    return validate(home, suite)


def failed(verdicts: list[Verdict]) -> set[str]:
    """The severities that did not hold."""
    return {verdict.severity for verdict in verdicts if not verdict.passed}


def test_a_usual_day_passes(home: Home) -> None:
    assert failed(landed(home, runs=8, rows=1100)) == set()


def test_the_first_run_of_a_home_passes_whatever_it_brings(home: Home) -> None:
    assert failed(landed(home, runs=0, rows=30_000_000)) == set()


def test_an_explosion_only_warns_before_there_are_seven_runs(home: Home) -> None:
    assert failed(landed(home, runs=6, rows=50_000)) == {"warning"}


def test_an_explosion_stops_the_run_from_seven_runs_on_and_names_the_source(home: Home) -> None:
    verdicts = landed(home, runs=7, rows=50_000)
    assert failed(verdicts) == {"critical"}
    assert "source web_events, more_rows 49000" in "".join(str(verdict) for verdict in verdicts if not verdict.passed)


def test_an_explosion_that_is_meant_passes_with_the_setting(home: Home) -> None:
    assert failed(landed(home, runs=7, rows=50_000, block="0")) == set()


def test_half_of_a_source_gone_and_a_standstill_warn(home: Home) -> None:
    assert failed(landed(home, runs=7, rows=400)) == {"warning"}
    assert failed(landed(home, runs=3, rows=1000)) == {"warning"}


def kpi(home: Home, runs: int, silent_days: int) -> list[Verdict]:
    """Verdicts of kpi_daily's gate in a shop with an order a day but for the last `silent_days`."""
    con = warehouse.connect(home)
    con.execute(
        "delete from run.volumes; delete from run.settings; delete from marts.kpi_daily; delete from core.orders"
    )
    for ago in range(runs):
        con.execute("insert into run.volumes values (?, 'ec_orders', 1)", [AS_OF - timedelta(days=ago + 1)])
    for ago in range(silent_days, 60):
        day = AS_OF - timedelta(days=ago)
        con.execute("insert into core.orders values (true, 1000, cast(? as timestamp))", [f"{day} 03:00:00"])
        con.execute("insert into marts.kpi_daily values (?, 'orders', 1), (?, 'net_sales', 1000)", [day, day])
    con.close()
    [suite] = [suite for suite in load_suites("marts") if suite.table == "kpi_daily"]
    return validate(home, suite)


def test_orders_that_stop_only_warn_before_there_are_seven_runs(home: Home) -> None:
    assert failed(kpi(home, runs=7, silent_days=0)) == set()
    assert failed(kpi(home, runs=7, silent_days=2)) == set()
    assert failed(kpi(home, runs=6, silent_days=4)) == {"warning"}
    assert failed(kpi(home, runs=7, silent_days=4)) == {"warning", "critical"}


def test_days_that_do_not_add_up_to_core_stop_the_run(home: Home) -> None:
    kpi(home, runs=0, silent_days=0)
    con = warehouse.connect(home)
    con.execute("update marts.kpi_daily set value = value + 1 where metric = 'net_sales' and day = ?", [AS_OF])
    con.close()
    [suite] = [suite for suite in load_suites("marts") if suite.table == "kpi_daily"]
    [verdict] = [verdict for verdict in validate(home, suite) if not verdict.passed]
    assert (verdict.severity, verdict.shown) == ("critical", "metric net_sales")
