"""Which run a command may act on: the newest, whole, and of this version."""

from datetime import date
from importlib.metadata import version

import pytest

from dagster_project import run_context
from dagster_project.activation.sync_command import finished_run
from dagster_project.errors import UsageError
from dagster_project.home import Home
from dagster_project.warehouse import connect

DAY = date(2026, 3, 31)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Home:
    monkeypatch.setenv("KIZUNA_SALT", "x")
    return Home.open(tmp_path / "home")


def finished(con, home: Home, is_newest: bool = True) -> None:
    run_context.write_context(con, home, run_context.RunContext.daily(DAY, is_newest))
    run_context.finish(con)


def test_the_newest_run_is_found(home):
    with connect(home) as con:
        finished(con, home)
        assert finished_run(con, home) == (DAY, run_context.end_of_day(DAY), False)
        assert run_context.finished(con)["version"] == version("kizuna")


def test_a_backfill_is_not_acted_on(home):
    with connect(home) as con:
        finished(con, home, is_newest=False)
        with pytest.raises(UsageError, match=r"a backfill.*kizuna run --as-of"):
            finished_run(con, home)


@pytest.mark.parametrize(
    "change", ["update run.finished set version = '0.0.1'", "alter table run.finished drop column version"]
)
def test_tables_of_another_version_are_not_read(home, change):
    with connect(home) as con:
        finished(con, home)
        con.execute(change)
        with pytest.raises(UsageError, match=f"this is {version('kizuna')}; .*kizuna run --as-of"):
            finished_run(con, home)
