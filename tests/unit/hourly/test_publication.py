"""The publication of an hourly run leaves alone what a daily one prepared."""

from pathlib import Path

import pytest
from dagster import DagsterInstance, DailyPartitionsDefinition, Definitions, define_asset_job

from dagster_project.home import Home
from dagster_project.publish.assets import hourly_publish_assets
from dagster_project.resources import HOURLY_JOB, HomeResource


@pytest.mark.parametrize("job", ["daily", "all_assets_at_once"])
def test_a_run_that_is_not_hourly_gives_nothing_away_twice(tmp_path: Path, job: str) -> None:
    own, days = Home.open(tmp_path / "home"), DailyPartitionsDefinition(start_date="2026-02-01")
    defs = Definitions(
        assets=[hourly_publish_assets(days)],
        jobs=[define_asset_job(name, "*", partitions_def=days) for name in (job, HOURLY_JOB)],
        resources={"home": HomeResource(path=str(own.path))},
    )
    with DagsterInstance.ephemeral() as instance:
        ended = {
            name: defs.resolve_job_def(name).execute_in_process(
                partition_key="2026-02-27", instance=instance, raise_on_error=False
            )
            for name in (job, HOURLY_JOB)
        }
    assert ended[job].success
    assert not ended[job].get_asset_materialization_events()
    # Of an hour whose lists went out before, and whose feeds may have failed, none are left.
    [failure] = [event for event in ended[HOURLY_JOB].all_events if event.is_step_failure]
    assert "given away already" in str(failure.event_specific_data)
