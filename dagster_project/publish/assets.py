"""Publish as a Dagster step: the only one that touches what others read. Swap, then move, then deliver."""

import json
from collections.abc import Iterator
from typing import Any

from dagster import AssetExecutionContext, AssetSpec, MaterializeResult, PartitionsDefinition, multi_asset

from dagster_project import progress
from dagster_project.activation import feeds, lists
from dagster_project.activation.ledger import run_id_of
from dagster_project.dbt_stage import OWNER
from dagster_project.errors import StageFailed
from dagster_project.publish import docs, ids, marts, runs, volumes
from dagster_project.publish.catalog import MARTS
from dagster_project.resources import HomeResource
from dagster_project.settings import effective_settings


def publish_assets(partitions: PartitionsDefinition) -> Any:
    """The step `publish`: marts, lists and feeds where others read them."""

    def spec(name: str, kinds: set[str], description: str, deps: list[list[str]]) -> AssetSpec:
        return AssetSpec(["publish", name], group_name="publish", kinds=kinds, owners=[OWNER],
                         description=description, deps=deps)

    prepared = [["activation", name] for name in ("scenario_targets", "suppressions", "feeds")]
    warehouse = [relation.split(".") for relation, _ in MARTS.values() if not relation.startswith("activation.")]
    specs = [
        spec("marts", {"duckdb", "parquet"}, "Every mart in marts.duckdb and as Parquet, swapped in by rename.",
             [*warehouse, *prepared]),
        spec("lists", {"json"}, "Target lists, one file per scenario and run.", prepared),
        spec("syncs", {"csv"}, "Feeds delivered to their destinations, manifest last.", prepared),
        spec("docs", {"html"}, "Great Expectations Data Docs and dbt docs, to open in a browser.", prepared),
    ]

    @multi_asset(name="publish", specs=specs, partitions_def=partitions, can_subset=False)
    def publish(context: AssetExecutionContext, home: HomeResource) -> Iterator[Any]:
        with home.stage(context, "publish") as (con, run):
            place = home.home
            rows = marts.build(con, place, run.as_of, run.is_newest,
                               lambda mart, count: progress.report("", f"marts.{mart}: {count:,} rows"))
            docs.write(place)
            deliveries = []
            if run.is_newest:
                # The ledger goes first: a crash after it leaves ids and steps known that a re-run gives again.
                ids.record(con, place, run.as_of)
                lists.commit(place, run_id_of(run))
                volumes.record(con, place, run.as_of)
            marts.swap(place, run.as_of, run.is_newest)
            if run.is_newest:
                files = [file_id for (file_id,) in con.execute("select file_id from run.files").fetchall()]
                runs.record(place, run.as_of, files)
                marts.forget_old_days(place, run.as_of, int(effective_settings()["keep_days"]))
                deliveries = feeds.deliver_all(place, feeds.read_prepared(place))
            yield MaterializeResult(asset_key=["publish", "marts"], metadata={
                "dagster/row_count": sum(rows.values()), **rows})
            yield MaterializeResult(asset_key=["publish", "lists"])
            yield MaterializeResult(asset_key=["publish", "syncs"], metadata={
                delivery.feed_id: json.dumps(delivery.counts.model_dump()) for delivery in deliveries})
            yield MaterializeResult(asset_key=["publish", "docs"])
            undelivered = [delivery.message for delivery in deliveries if delivery.message]
            if undelivered:
                raise StageFailed("; ".join(undelivered) + ". Everything else of the run is published.")

    return publish
