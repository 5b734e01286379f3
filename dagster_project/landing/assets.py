"""Landing as a Dagster step: new files become Parquet, and each source a view over its files."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetSpec,
    Config,
    MaterializeResult,
    PartitionsDefinition,
    multi_asset,
)

from dagster_project import gates, progress
from dagster_project.dbt_stage import OWNER
from dagster_project.landing import contract
from dagster_project.landing.land import land
from dagster_project.landing.views import refresh
from dagster_project.publish import health, volumes
from dagster_project.resources import HomeResource


class LandingConfig(Config):
    """Where the sources lie, and whether to go on without files that cannot be landed whole."""

    sources: str = os.environ.get("KIZUNA_SOURCES", "sources")
    skip_refused: bool = False


def landing_assets(partitions: PartitionsDefinition) -> Any:
    """The step `landing`: one asset per source, and the list of landed files."""
    sources = contract.sources()
    specs = [
        AssetSpec(
            ["landing", name],
            group_name="landing",
            kinds={"parquet"},
            owners=[OWNER],
            skippable=True,
            description=f"{name} as landed, as text, with file and line. {source.description}",
        )
        for name, source in sources.items()
    ]
    files = AssetSpec(
        ["landing", "files"],
        group_name="landing",
        kinds={"duckdb"},
        owners=[OWNER],
        description="One row per landed file that is not withdrawn: its place, hash and rows.",
    )

    @multi_asset(
        name="landing",
        specs=[*specs, files],
        check_specs=gates.check_specs("landing"),
        partitions_def=partitions,
        can_subset=True,  # in an hourly run that waits in vain no output comes, and every later step is left out
    )
    def landing(context: AssetExecutionContext, config: LandingConfig, home: HomeResource) -> Iterator[Any]:
        if home.is_skipped(context):
            return
        with home.stage(context, "landing") as (con, run):
            if run.is_newest:
                report = land(
                    home.home,
                    Path(config.sources),
                    skip_refused=config.skip_refused,
                    progress=lambda message: progress.report("", message),
                )
                for notice in report.notices:
                    context.log.warning(notice)
                    progress.report("", f"warning: {notice}")
            refresh(con, home.home)
            volumes.load(con, home.home, run.as_of)
            health.load(con, home.home, run.as_of)
            totals = dict(con.execute("select source, sum(rows) from run.files group by source").fetchall())
            counts = dict(con.execute("select source, count(*) from run.files group by source").fetchall())
            for name in sources:
                if AssetKey(["landing", name]) not in context.selected_asset_keys:
                    continue
                yield MaterializeResult(
                    asset_key=["landing", name],
                    metadata={
                        "dagster/row_count": int(totals.get(name, 0)),
                        "files": int(counts.get(name, 0)),
                    },
                )
            if files.key in context.selected_asset_keys:
                yield MaterializeResult(
                    asset_key=files.key,
                    metadata={"dagster/row_count": sum(int(count) for count in counts.values())},
                )
            yield from gates.run(
                "landing", home.home, con if run.is_hourly else None, wanted=context.selected_asset_check_keys
            )

    return landing
