"""Activation as a Dagster step: target lists, suppressions, results and each feed's checked difference, in scratch."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import duckdb
from dagster import AssetExecutionContext, AssetSpec, MaterializeResult, PartitionsDefinition, multi_asset

from dagster_project import gates, progress
from dagster_project.activation import feeds, kpis
from dagster_project.activation.results.tables import empty_results, write_results
from dagster_project.activation.scenarios import run as scenario_run
from dagster_project.activation.scenarios.reading import load_scenarios
from dagster_project.dbt_stage import OWNER
from dagster_project.home import Home
from dagster_project.hourly.feeds import due_feeds
from dagster_project.hourly.view import hourly_view
from dagster_project.previews import preview
from dagster_project.project import seeds
from dagster_project.publish import catalog
from dagster_project.resources import HomeResource
from dagster_project.run_context import RunContext
from dagster_project.settings import effective_settings

UPSTREAM = [
    ["insights", "customers"],
    ["insights", "int_insights__consents"],
    ["insights", "int_insights__person_ids"],
    ["insights", "visitors"],
    ["core", "touchpoints"],
    ["marts", "badges"],
]


def activation_assets(partitions: PartitionsDefinition, fresh: set[str]) -> Any:
    """The step `activation`: scenario_targets, suppressions, scenario_results and the prepared feeds.

    `fresh`: the relations that an hourly run builds; all else it sees as the last published day left it.
    """

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
            "scenario_results",
            "One row per scenario and step: what was sent, and how many more bought than of the customers held out.",
            [["activation", "scenario_targets"], ["core", "int_core__message_events"], ["core", "orders"]],
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
        with home.stage(context, "activation") as (con, run), _seen(con, home.home, run, fresh):
            catalog.create_views(con)
            scenarios = load_scenarios()
            report = scenario_run.prepare(con, home.home, run, lambda text: progress.report("", text), scenarios)
            for warning in report.warnings:
                context.log.warning(warning)
                progress.report("", f"warning: {warning}")
            feeds.sync_tables(con, home.home, as_view=run.is_hourly)
            if run.is_hourly:
                empty_results(con)  # of what it sees; the last day's stay in the warehouse
            else:
                write_results(con, scenarios, effective_settings(), run.as_of, run.cut_off_at)
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
            yield MaterializeResult(
                asset_key=["activation", "scenario_results"],
                metadata={} if run.is_hourly else {"preview": preview(con, "scenario_results")},
            )
            prepared = {}
            if run.is_newest:
                declared = feeds.load_feeds(seeds() / "feeds")
                due = due_feeds(declared) if run.is_hourly else None
                for sync in feeds.prepare_all(con, home.home, declared, run.as_of, run.cut_off_at, due):
                    prepared[sync.feed.feed_id] = sync.counts.model_dump()
                    progress.report("", feeds.told(sync))
                for feed_id, rows in feeds.rows_left(home.home, {feed.feed_id for feed in declared}).items():
                    progress.report("", f"warning: feed {feed_id}: {feeds.told_left(feed_id, rows)}")
            yield MaterializeResult(asset_key=["activation", "feeds"], metadata=prepared)
            yield from gates.run("activation", home.home, con if run.is_hourly else None)

    return activation


def _seen(con: duckdb.DuckDBPyConnection, home: Home, run: RunContext, fresh: set[str]) -> AbstractContextManager[None]:
    """The warehouse, or what an hourly run sees in its place."""
    return hourly_view(con, home, fresh) if run.is_hourly else nullcontext()
