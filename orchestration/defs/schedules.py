"""When things run: every night at 02:00 UTC, whole, from what has landed to the pages."""

from datetime import timedelta

import dagster as dg

from orchestration.defs.billing import issue_job
from orchestration.partitions import DAYS
from orchestration.settings.loading import load_settings

NIGHT, AFTER_LAKE, REPORTS = "night", "after_lake", "reports"
LAKE = dg.AssetSelection.groups("ingestion", "sessions").materializable()
BEHIND_LAKE = dg.AssetSelection.all() - dg.AssetSelection.groups("ingestion", "sessions")
ISSUING = dg.AssetSelection.assets(["ledger", "documents"], ["outbox", "documents"])
"""What gives numbers, and sends."""

night_job = dg.define_asset_job(
    NIGHT,
    selection=dg.AssetSelection.all(),
    description="Ingest an arrival day, rebuild what it changed, marts, documents, outbox and pages.",
)
after_lake_job = dg.define_asset_job(
    AFTER_LAKE,
    selection=BEHIND_LAKE,
    description="What follows from the lake as it stands: marts, documents, outbox, pages.",
)
reports_job = dg.define_asset_job(
    REPORTS,
    selection=dg.AssetSelection.groups("reports"),
    description="Render the pages; only what changed is written.",
)


@dg.schedule(
    job=night_job,
    cron_schedule="0 2 * * *",
    execution_timezone="UTC",
    default_status=(
        dg.DefaultScheduleStatus.RUNNING if load_settings().schedule else dg.DefaultScheduleStatus.STOPPED
    ),
)
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """The arrival day that has just ended."""
    day = (context.scheduled_execution_time - timedelta(days=1)).date().isoformat()
    if day not in DAYS.get_partition_keys():
        return dg.SkipReason(f"{day} is no partition; see the settings first_day and last_day")
    return dg.RunRequest(run_key=day, partition_key=day)


# Off until somebody starts it: each night issues what is due. It is for who wants the issuing told apart, in
# a run of its own: on the 5th every month that has ended has had its grace (I1), wherever the account is.
monthly_issue = dg.ScheduleDefinition(
    name="monthly_issue",
    job=issue_job,
    cron_schedule="0 6 5 * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
)


@dg.definitions
def schedules() -> dg.Definitions:
    """Jobs, their schedules, and one process for all steps of a run."""
    return dg.Definitions(
        jobs=[night_job, after_lake_job, reports_job],
        schedules=[nightly, monthly_issue],
        executor=dg.in_process_executor,
    )
