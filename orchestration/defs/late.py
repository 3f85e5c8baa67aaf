"""Late files: a sensor on `landing/` that asks for a run when the nights have passed by."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from hashlib import blake2b

import dagster as dg

from orchestration.defs.schedules import AFTER_LAKE, NIGHT, night_job
from orchestration.landing.late_files import ARRIVAL_DAYS, Cursor, Late, cursor_of, late_days, look
from orchestration.partitions import DAYS
from orchestration.runs.burying import bury
from orchestration.settings.loading import load_settings

UNDER_WAY = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


@dg.sensor(
    job=night_job,
    minimum_interval_seconds=60,
    default_status=(
        dg.DefaultSensorStatus.RUNNING if load_settings().schedule else dg.DefaultSensorStatus.STOPPED
    ),
)
def late_files(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """One run for all days on which files landed after their night; each file once."""
    home, now = load_settings().home, datetime.now(UTC)
    bury(home, context.instance, context.log.warning)
    known = set(DAYS.get_partition_keys())
    every = late_days(home, now)
    late = {day: each for day, each in every.items() if str(day) in known}
    before, busy = cursor_of(context.cursor), _run_under_way(context.instance)
    after, days = look(before, late, now, is_busy=busy is not None)
    return dg.SensorResult(
        run_requests=[_request(days, late)] if days else [],
        skip_reason=None if days else dg.SkipReason(_why_not(after, every.keys() - late.keys(), busy)),
        cursor=after.text(),
        asset_events=list(_news(before, after, late)),
    )


def _request(days: list[date], late: Mapping[date, Late]) -> dg.RunRequest:
    """A night of the last day that ingests the others too; what that changes it finds by itself."""
    told = ",".join(f"{day}={late[day].digest}" for day in days)
    return dg.RunRequest(
        run_key=f"late-{blake2b(told.encode(), digest_size=8).hexdigest()}",
        partition_key=str(days[-1]),
        tags={ARRIVAL_DAYS: ",".join(map(str, days))},
    )


def _news(before: Cursor, after: Cursor, late: Mapping[date, Late]) -> Iterator[dg.AssetObservation]:
    """Tells Dagster of days whose landing folder has something new: the UI shows their ingest as stale."""
    known = {**before.asked, **{day: each.digest for day, each in before.waiting.items()}}
    for day, digest in {**after.asked, **{day: each.digest for day, each in after.waiting.items()}}.items():
        if known.get(day) != digest:
            for stream in late[day].streams:
                yield dg.AssetObservation(
                    ["landing", stream], partition=str(day), tags={"dagster/data_version": digest}
                )


def _run_under_way(instance: dg.DagsterInstance) -> dg.DagsterRun | None:
    """A night that runs or waits, or what follows from one: what it leaves is asked for after it."""
    for job in (NIGHT, AFTER_LAKE):
        runs = instance.get_runs(filters=dg.RunsFilter(job_name=job, statuses=UNDER_WAY), limit=1)
        if runs:
            return runs[0]
    return None


def _why_not(after: Cursor, unknown: set[date], busy: dg.DagsterRun | None) -> str:
    """What a tick that asks for nothing says to whoever looks at it."""
    parts = []
    if after.waiting:
        why = f"until run {busy.run_id[:8]} has ended" if busy else "until no more files come"
        parts.append(f"files of {_listed(after.waiting)} wait {why}")
    if after.asked:
        parts.append(f"a run for {_listed(after.asked)} was asked for; if it failed, run it again")
    if unknown:
        parts.append(f"{_listed(unknown)} lie before first_day or after last_day, see the settings")
    return "; ".join(parts) or "no late files"


def _listed(days: Mapping[date, object] | set[date]) -> str:
    return ", ".join(map(str, sorted(days)))


@dg.definitions
def late() -> dg.Definitions:
    """The sensor."""
    return dg.Definitions(sensors=[late_files])
