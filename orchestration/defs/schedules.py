"""When things run: every night at 02:00 UTC, and the reports after each night."""

from datetime import timedelta

import dagster as dg

from orchestration.partitions import MONTHS
from orchestration.settings import load_settings

NIGHT, REPORTS = "night", "reports"
LAKE = dg.AssetSelection.groups("ingestion", "sessions").materializable()
MARTS = dg.AssetSelection.all() - dg.AssetSelection.groups("ingestion", "sessions", "reports")

night_job = dg.define_asset_job(
    NIGHT,
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups("reports"),
    description="Ingest an arrival day, rebuild what it changed, and all marts.",
)
reports_job = dg.define_asset_job(
    REPORTS,
    selection=dg.AssetSelection.groups("reports"),
    partitions_def=MONTHS,
    description="Render the pages of a month.",
)


@dg.schedule(
    job=night_job,
    cron_schedule="0 2 * * *",
    execution_timezone="UTC",
    default_status=(
        dg.DefaultScheduleStatus.RUNNING if load_settings().schedule else dg.DefaultScheduleStatus.STOPPED
    ),
)
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """The arrival day that has just ended."""
    day = (context.scheduled_execution_time - timedelta(days=1)).date().isoformat()
    return dg.RunRequest(run_key=day, partition_key=day)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[night_job],
    request_job=reports_job,
    default_status=(
        dg.DefaultSensorStatus.RUNNING if load_settings().schedule else dg.DefaultSensorStatus.STOPPED
    ),
)
def after_the_night(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
    """The pages of the month of the night's last day."""
    tags = context.dagster_run.tags
    day = tags.get("dagster/asset_partition_range_end") or tags.get("dagster/partition")
    if day is None:
        return dg.SkipReason("the run had no day")
    return dg.RunRequest(run_key=context.dagster_run.run_id, partition_key=f"{day[:7]}-01")


@dg.definitions
def schedules() -> dg.Definitions:
    """Jobs, the nightly schedule, the sensor behind it, and one process for all steps of a run."""
    return dg.Definitions(
        jobs=[night_job, reports_job],
        schedules=[nightly],
        sensors=[after_the_night],
        executor=dg.in_process_executor,
    )
