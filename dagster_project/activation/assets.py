"""Activation as a Dagster step: target lists, suppressions and each feed's checked difference, all in scratch."""

import shutil
from collections.abc import Iterator
from typing import Any

from dagster import AssetExecutionContext, AssetSpec, MaterializeResult, PartitionsDefinition, multi_asset

from dagster_project import gates, progress
from dagster_project.activation import feeds, kpis
from dagster_project.activation.scenarios import run as scenario_run
from dagster_project.dbt_stage import OWNER
from dagster_project.project import seeds
from dagster_project.publish import catalog
from dagster_project.resources import HomeResource

UPSTREAM = [["insights", "customers"], ["insights", "visitors"], ["core", "touchpoints"], ["marts", "badges"]]


def activation_assets(partitions: PartitionsDefinition) -> Any:
    """The step `activation`: scenario_targets, suppressions and the prepared feeds."""

    def spec(name: str, description: str, deps: list[list[str]]) -> AssetSpec:
        return AssetSpec(
            ["activation", name],
            group_name="activation",
            kinds={"python", "duckdb"},
            owners=[OWNER],
            description=description,
            deps=deps,
        )

    specs = [
        spec(
            "scenario_targets",
            "One row per step that this run lists: customer, channel, time, content.",
            UPSTREAM,
        ),
        spec(
            "suppressions",
            "One row per triggered step that is not sent, with the first reason that holds.",
            UPSTREAM,
        ),
        spec(
            "feeds",
            "Each feed's difference against what its destination accepted, checked, in scratch.",
            [["insights", "customers"], ["activation", "scenario_targets"]],
        ),
    ]

    @multi_asset(
        name="activation",
        specs=specs,
        check_specs=gates.check_specs("activation"),
        partitions_def=partitions,
        can_subset=False,
    )
    def activation(context: AssetExecutionContext, home: HomeResource) -> Iterator[Any]:
        with home.stage(context, "activation") as (con, run):
            report = scenario_run.prepare(con, home.home, run, progress=lambda text: progress.report("", text))
            for warning in report.warnings:
                context.log.warning(warning)
                progress.report("", f"warning: {warning}")
            feeds.sync_tables(con, home.home)
            catalog.create_views(con)
            if not run.is_hourly:
                kpis.write_kpis(con, seeds(), run.as_of, set(catalog.MARTS))
            counts = report.scenarios.values()
            yield MaterializeResult(
                asset_key=["activation", "scenario_targets"],
                metadata={
                    "dagster/row_count": sum(count.listed for count in counts),
                    **{
                        name: f"triggered {count.triggered}, listed {count.listed}, held out {count.held_out}"
                        for name, count in report.scenarios.items()
                    },
                },
            )
            yield MaterializeResult(
                asset_key=["activation", "suppressions"],
                metadata={"dagster/row_count": sum(sum(count.suppressed.values()) for count in counts)},
            )
            prepared = {}
            # What an earlier run prepared and never delivered must not pass for this run's.
            shutil.rmtree(home.home.scratch / "feeds", ignore_errors=True)
            if run.is_newest:
                for feed in feeds.load_feeds(seeds() / "feeds"):
                    sync = feeds.prepare(con, home.home, feed, run.as_of, run.cut_off_at)
                    prepared[feed.feed_id] = sync.counts.model_dump()
                    progress.report("", f"feed {feed.feed_id}: {sync.counts.model_dump()}")
            yield MaterializeResult(asset_key=["activation", "feeds"], metadata=prepared)
            yield from gates.run("activation", home.home)

    return activation
