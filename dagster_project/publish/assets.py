"""Publish as Dagster steps: the only ones that touch what others read. Swap, then move, then deliver.

The daily job publishes everything; the hourly one only lists and feeds, and leaves the marts as the day made them.
"""

import json
from collections.abc import Iterator
from typing import Any

from dagster import AssetExecutionContext, AssetSpec, MaterializeResult, PartitionsDefinition, multi_asset

from dagster_project import progress, stage_days
from dagster_project.activation import feeds
from dagster_project.activation.scenarios import lists
from dagster_project.activation.scenarios.ledger import run_id_of
from dagster_project.customer import rule_text
from dagster_project.dbt_stage import OWNER
from dagster_project.errors import StageFailed
from dagster_project.privacy.published import erase_published
from dagster_project.publish import docs, health, identity_ledger, ids, marts, runs, volumes
from dagster_project.publish.catalog import MARTS
from dagster_project.resources import HomeResource, is_hourly
from dagster_project.run_context import finish
from dagster_project.settings import effective_settings

HOURLY = (["publish", "hourly_lists"], ["publish", "hourly_syncs"])

PREPARED = [["activation", name] for name in ("scenario_targets", "suppressions", "feeds")]


def spec(name: str, kinds: set[str], description: str, deps: list[list[str]]) -> AssetSpec:
    """One asset of group publish."""
    return AssetSpec(
        ["publish", name], group_name="publish", kinds=kinds, owners=[OWNER], description=description, deps=deps
    )


def publish_assets(partitions: PartitionsDefinition) -> Any:
    """The step `publish`: marts, lists and feeds where others read them."""
    warehouse = [relation.split(".") for relation, _ in MARTS.values() if not relation.startswith("activation.")]
    specs = [
        spec(
            "marts",
            {"duckdb", "parquet"},
            "Every mart in marts.duckdb and as Parquet, swapped in by rename.",
            [*warehouse, *PREPARED],
        ),
        spec("lists", {"json"}, "Target lists, one file per scenario and run.", PREPARED),
        spec("syncs", {"csv"}, "Feeds delivered to their destinations, manifest last.", PREPARED),
        spec("docs", {"html"}, "Great Expectations Data Docs and dbt docs, to open in a browser.", PREPARED),
    ]

    @multi_asset(name="publish", specs=specs, partitions_def=partitions, can_subset=False)
    def publish(context: AssetExecutionContext, home: HomeResource) -> Iterator[Any]:
        with home.stage(context, "publish") as (con, run):
            place = home.home
            rows = marts.build(
                con,
                place,
                run.as_of,
                run.is_newest,
                lambda mart, count: progress.report("", f"marts.{mart}: {count:,} rows"),
            )
            docs.write(place)
            deliveries = []
            if run.is_newest:
                stage_days.spend(con)
                # The ledger goes first: a crash after it leaves ids and steps known that a re-run gives again.
                ids.record(con, place, run_id_of(run))
                identity_ledger.record(con, place, run.as_of)
                rule_text.keep(place)
                lists.commit(place, run_id_of(run))
                volumes.record(con, place, run.as_of)
                health.record(con, place, run.as_of)
            marts.swap(place, run.as_of, run.is_newest)
            if run.is_newest:
                files = [file_id for (file_id,) in con.execute("select file_id from run.files").fetchall()]
                runs.record(place, run.as_of, files)
                marts.forget_old_days(place, run.as_of, int(effective_settings()["keep_days"]))
                deliveries = feeds.deliver_all(place, feeds.read_prepared(place))
                erase_published(place)
            finish(con)
            yield MaterializeResult(
                asset_key=["publish", "marts"], metadata={"dagster/row_count": sum(rows.values()), **rows}
            )
            yield MaterializeResult(asset_key=["publish", "lists"])
            yield MaterializeResult(asset_key=["publish", "syncs"], metadata=_counts(deliveries))
            yield MaterializeResult(asset_key=["publish", "docs"])
            _require_delivered(deliveries)

    return publish


def hourly_publish_assets(partitions: PartitionsDefinition) -> Any:
    """The step `publish_hourly`: the lists and feeds of an hourly run, between two daily ones."""
    specs = [
        spec("hourly_lists", {"json"}, "Target lists of an hourly run, one per scenario of hourly cadence.", PREPARED),
        spec("hourly_syncs", {"csv"}, "Feeds delivered by an hourly run, manifest last.", PREPARED),
    ]

    specs = [each.replace_attributes(skippable=True) for each in specs]  # in a run that is no hourly one

    @multi_asset(name="publish_hourly", specs=specs, partitions_def=partitions, can_subset=False)
    def publish_hourly(context: AssetExecutionContext, home: HomeResource) -> Iterator[Any]:
        if not is_hourly(context.run):
            return  # all assets at once, from the UI: the daily step gives away what was prepared
        with home.stage(context, "publish") as (con, run):
            place = home.home
            deliveries = []
            if run.is_newest:
                run_id = run_id_of(run)
                listed = lists.scratch_folder(place, run_id) / "scenario_steps.parquet"
                if not listed.exists():
                    raise StageFailed(
                        f"what the run {run_id} prepared was given away already, its feeds perhaps in vain; start"
                        " hourly_activation anew, whole, or wait for the next hour"
                    )
                ids.record_listed(con, place, run_id, listed)
                rule_text.keep(place)
                lists.commit(place, run_id)
                deliveries = feeds.deliver_all(place, feeds.read_prepared(place))
            finish(con)
            yield MaterializeResult(asset_key=HOURLY[0])
            yield MaterializeResult(asset_key=HOURLY[1], metadata=_counts(deliveries))
            _require_delivered(deliveries)

    return publish_hourly


def _counts(deliveries: list[feeds.Delivery]) -> dict[str, str]:
    return {one.feed_id: json.dumps(one.counts.model_dump() | {"refused": one.rejected}) for one in deliveries}


def _require_delivered(deliveries: list[feeds.Delivery]) -> None:
    undelivered = [delivery.message for delivery in deliveries if delivery.message]
    if undelivered:
        raise StageFailed("; ".join(undelivered) + ". Everything else of the run is published.")
