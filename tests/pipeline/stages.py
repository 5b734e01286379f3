"""Runs that leave something out: for tests of a stage upon what a home holds, or of a gate behind another."""

from typing import Any
from unittest import mock

from dagster import JobDefinition

from dagster_project import segment_faults, stage_days
from dagster_project.stage_days import STAGES


def run_from(stage: str) -> None:
    """`kizuna`, whose run leaves out the stages before `stage`, but for landing and rules. In a process of its own."""
    from dagster_project.cli import main

    stages = {"landing", "rules", *STAGES[STAGES.index(stage) :]}
    whole = JobDefinition.execute_in_process

    def part(job: JobDefinition, **given: Any) -> Any:
        graph = job.asset_layer.asset_graph
        keys = [key for key in graph.executable_asset_keys if graph.get(key).group_name in stages]
        return whole(job, asset_selection=keys, **given)

    upon_any_day = mock.patch.object(stage_days, "begin", return_value=True)
    with upon_any_day, mock.patch.object(JobDefinition, "execute_in_process", part):
        main()


def run_past_the_doctor() -> None:
    """`kizuna`, whose doctor does not hold segments against bands. In a process of its own."""
    from dagster_project.cli import main

    with mock.patch.object(segment_faults, "check_segments", return_value=[]):
        main()
