"""One run at a time per home; an hourly run waits its turn, then is skipped and says so."""

import fcntl
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner
from dagster import DagsterInstance, DailyPartitionsDefinition, Definitions, define_asset_job

from dagster_project import cli, home, runner
from dagster_project.errors import HomeBusy
from dagster_project.home import Home
from dagster_project.landing.assets import landing_assets
from dagster_project.resources import HOURLY_JOB, HomeResource

AT = datetime(2026, 2, 28, 3, tzinfo=UTC)


@pytest.fixture
def own(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr(home, "_LOOK_EVERY", 0.01)
    return Home.open(tmp_path / "home")


@pytest.fixture
def held(own: Home) -> Iterator[Callable[[], None]]:
    """The home, held as by another process; called, it lets go."""
    with (own.path / "lock").open("a+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        handle.write(json.dumps({"what": "daily of 2026-02-27", "pid": 1}))
        handle.flush()
        yield lambda: fcntl.flock(handle, fcntl.LOCK_UN)


def test_the_second_run_says_who_holds_the_home(own: Home, held: Callable[[], None]) -> None:
    with pytest.raises(HomeBusy, match="daily of 2026-02-27"), own.lock("another"):
        pytest.fail("two runs in one home")


def test_who_waits_is_told_for_whom_and_comes_next(own: Home, held: Callable[[], None]) -> None:
    told: list[str] = []

    def leaves(holder: str) -> None:
        told.append(holder)
        held()

    with own.lock("another", 60, leaves):
        assert json.loads((own.path / "lock").read_text())["what"] == "another"
    assert len(told) == 1
    assert "daily of 2026-02-27" in told[0]


def test_an_hourly_run_that_waits_in_vain_is_skipped(
    own: Home, held: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KIZUNA_HOURLY_WAIT_MINUTES", "0.001")
    said = runner.run_hourly(own, AT, date(2026, 2, 28), own.path)
    assert said is not None
    assert "daily of 2026-02-27" in said
    told = capsys.readouterr().err
    assert told.index("waiting") < told.index("skipped")
    assert not own.warehouse.exists()


def test_for_a_scheduler_a_skipped_hour_is_no_failure(
    own: Home, held: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIZUNA_HOURLY_WAIT_MINUTES", "0")
    done = CliRunner().invoke(
        cli.cli, ["activate", "--at", AT.isoformat(), "--home", str(own.path), "--sources", str(own.path), "--json"]
    )
    assert done.exit_code == 0, done.output
    assert "daily of 2026-02-27" in json.loads(done.stdout)["skipped"]


def test_a_skipped_run_of_the_schedule_ends_well_and_touches_nothing(
    own: Home, held: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIZUNA_HOURLY_WAIT_MINUTES", "0")
    days = DailyPartitionsDefinition(start_date="2026-02-01")
    defs = Definitions(
        assets=[landing_assets(days)],
        jobs=[define_asset_job(name, "*", partitions_def=days) for name in (HOURLY_JOB, "daily")],
        resources={"home": HomeResource(path=str(own.path))},
    )
    with DagsterInstance.ephemeral() as instance:
        ended = {
            name: defs.resolve_job_def(name).execute_in_process(
                partition_key="2026-02-27", instance=instance, raise_on_error=False
            )
            for name in (HOURLY_JOB, "daily")
        }
    assert ended[HOURLY_JOB].success
    assert not ended[HOURLY_JOB].get_asset_materialization_events()
    assert not ended["daily"].success
    assert not own.warehouse.exists()
