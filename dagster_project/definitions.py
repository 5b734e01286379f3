"""The DAG on one screen: stages, jobs, schedules, resources.

landing -> staging -> identity -> core -> marts -> insights -> activation -> publish; every stage ends at its gate.
"""

from datetime import timedelta

from dagster import (
    AssetSelection,
    DailyPartitionsDefinition,
    Definitions,
    RunRequest,
    ScheduleEvaluationContext,
    define_asset_job,
    in_process_executor,
    schedule,
)

from dagster_project import dbt_runner
from dagster_project.activation.assets import activation_assets
from dagster_project.activation.scenarios.refusals import name_refusals
from dagster_project.dbt_stage import TRANSLATOR, dbt_stage, handed_over
from dagster_project.garbage import collect_rarely
from dagster_project.home import Home
from dagster_project.hourly import selection
from dagster_project.identity.inputs import IDENTITY_INPUTS, prepare_matching
from dagster_project.landing.assets import landing_assets
from dagster_project.privacy.erase import ERASURE_SPECS, erase, take_up
from dagster_project.publish.assets import HOURLY, hourly_publish_assets, publish_assets
from dagster_project.publish.first_day import first_day
from dagster_project.publish.ids import load_published_ids
from dagster_project.resources import CUT_OFF_TAG, HOURLY_JOB, HomeResource
from dagster_project.run_context import day_of_cut_off, tokyo_today
from dagster_project.staging.assets import STAGING_INPUTS, prepare_staging

TOKYO = "Asia/Tokyo"

collect_rarely()  # also in the processes that Dagster starts
home = Home.from_environment()
manifest = dbt_runner.parsed(home).writable_manifest().to_dict(omit_none=False)
# Partitions are the as_of days; today is one of them, for the hourly job and for a run of the day so far.
days = DailyPartitionsDefinition(start_date=str(first_day(home)), timezone=TOKYO, end_offset=1)

stages = [
    dbt_stage("rules", manifest, days),
    landing_assets(days),
    dbt_stage("staging", manifest, days, extra_specs=STAGING_INPUTS, before=(take_up, prepare_staging)),
    dbt_stage("identity", manifest, days, extra_specs=IDENTITY_INPUTS, before=(load_published_ids, prepare_matching)),
    dbt_stage("core", manifest, days, extra_specs=ERASURE_SPECS, before=(erase,)),
    dbt_stage("marts", manifest, days),
    dbt_stage("insights", manifest, days, before=(name_refusals,)),
    activation_assets(days, selection.fresh_relations(manifest)),
    publish_assets(days),
    hourly_publish_assets(days),
]

hourly = (
    AssetSelection.groups("landing", "rules", "activation")
    | AssetSelection.assets(*(spec.key for spec in (*STAGING_INPUTS, *IDENTITY_INPUTS, *ERASURE_SPECS)), *HOURLY)
    | selection.assets(manifest, TRANSLATOR.get_asset_key)
)
daily = define_asset_job(
    "daily",
    AssetSelection.all() - AssetSelection.assets(*HOURLY),
    partitions_def=days,
    description="The whole line for one Tokyo day, from landing to delivery.",
)
hourly_activation = define_asset_job(
    HOURLY_JOB,
    hourly,
    partitions_def=days,
    description="Lands new events, builds what triggers need of them, and writes the lists and feeds that are due;"
    " marts stay as the daily run left them.",
)


@schedule(job=daily, cron_schedule="0 4 * * *", execution_timezone=TOKYO)
def daily_at_four(context: ScheduleEvaluationContext) -> RunRequest:
    """The daily job of yesterday, at 04:00 in Tokyo."""
    return RunRequest(partition_key=str(tokyo_today(context.scheduled_execution_time) - timedelta(days=1)))


@schedule(job=hourly_activation, cron_schedule="0 * * * *", execution_timezone=TOKYO)
def every_hour(context: ScheduleEvaluationContext) -> RunRequest:
    """The hourly job, with the full hour as its cut-off."""
    at = context.scheduled_execution_time
    return RunRequest(partition_key=str(day_of_cut_off(at)), tags={CUT_OFF_TAG: at.isoformat()})


defs = Definitions(
    assets=[*stages, *handed_over(manifest, {key for stage in stages for key in stage.keys})],
    jobs=[daily, hourly_activation],
    schedules=[daily_at_four, every_hour],
    resources={"home": HomeResource(path=str(home.path))},
    executor=in_process_executor,
)
