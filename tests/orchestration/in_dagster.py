"""What `runs` asks of Dagster; imported only in a process whose environment names partitions and home."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from orchestration.commands import nights
from orchestration.definitions import defs
from orchestration.defs import late, schedules
from orchestration.defs.schedules import AFTER_LAKE, LAKE, NIGHT
from orchestration.defs.usage import CHECK
from orchestration.home import dagster_home
from orchestration.partitions import DAYS
from orchestration.runs.nightly import run_night, run_rebuild

Told = tuple[bool, dict[str, list[str]], dict[str, bool]]
"""Of a run: whether it went well, days by asset, checks and whether they passed."""

Ticked = tuple[list[tuple[str | None, str | None, dict[str, str]]], str | None, str | None]
"""Of a tick: the runs that it asks for by key, partition and tags; the cursor; why it asks for none."""

Scheduled = tuple[list[tuple[str, str | None, str | None]], str | None]
"""Of a tick: the runs that it asks for by job, key and partition; why it asks for none."""


def night(home: Path, first: date, last: date) -> list[str]:
    """The whole night; gives its warnings."""
    return run_night(home, first, last)


def plain_run() -> None:
    """`quarterhour run` without options, in the home that the environment names."""
    nights.run()


def rebuild(home: Path, first: date, last: date) -> list[str]:
    """The night of a home that is built anew."""
    return run_rebuild(home, first, last, print)


def lake_runs(
    home: Path, spans: Sequence[tuple[date, date]], keys: tuple[str, ...], checks: bool
) -> list[Told]:
    """A run per span of days over some assets of the lake."""
    names = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
    results = (
        _job(keys, checks).execute_in_process(
            instance=_instance(home),
            tags=dict(zip(names, map(str, span), strict=True)),
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
        for span in spans
    )
    return [_told(result) for result in results]


def tick(home: Path, now: datetime, cursor: str) -> Ticked:
    """The sensor on `landing/`, at a time; what it tells of assets is told to Dagster, as the daemon does."""
    known = defs().get_repository_def()
    context = dg.build_sensor_context(instance=_instance(home), cursor=cursor, repository_def=known)
    with mock.patch.object(late, "datetime", mock.Mock(now=now.astimezone)):
        result = late.late_files.evaluate_tick(context)
    for event in result.asset_events:
        _instance(home).report_runless_asset_event(event)
    requests = [(run.run_key, run.partition_key, dict(run.tags)) for run in result.run_requests or ()]
    return requests, result.cursor, result.skip_message


def nightly(home: Path, at: datetime) -> Scheduled:
    """A tick of the nightly schedule, at a time."""
    context = dg.build_schedule_context(
        _instance(home), scheduled_execution_time=at, repository_def=defs().get_repository_def()
    )
    result = schedules.nightly.evaluate_tick(context)
    job = schedules.nightly.job_name
    return [(job, run.run_key, run.partition_key) for run in result.run_requests or ()], result.skip_message


def assets_of(home: Path, job: str) -> list[str]:
    """What a job makes, in the order in which it does."""
    dagster_home(home)
    nodes = defs().get_repository_def().get_job(job).asset_layer.executable_asset_keys
    return sorted(key.to_user_string() for key in nodes)


def issuing(home: Path) -> tuple[str, str, str | None]:
    """The schedule of the issuing that is told apart: its job, its cron, the zone of that."""
    schedule = schedules.monthly_issue
    return schedule.job_name, str(schedule.cron_schedule), schedule.execution_timezone


def late_run(home: Path, partition: str, tags: dict[str, str], keys: tuple[str, ...]) -> Told:
    """The run that the sensor has asked for, over some assets of the lake."""
    return _told(
        _job(keys, False).execute_in_process(
            instance=_instance(home),
            partition_key=partition,
            tags=tags,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
    )


def under_way(home: Path) -> str:
    """A night that waits in the queue, as the daemon leaves it; gives its id."""
    job = defs().get_repository_def().get_job(NIGHT)
    run = _instance(home).create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    return run.run_id


def ended(home: Path, run_id: str) -> None:
    """The same, when it is over."""
    run = _instance(home).get_run_by_id(run_id)
    assert run is not None
    _instance(home).report_run_failed(run)


def stale_days(home: Path, key: str) -> list[str]:
    """The days of an asset that the UI would show as stale."""
    instance = _instance(home)
    graph = defs().get_repository_def().asset_graph
    statuses = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    asset = dg.AssetKey.from_user_string(key)
    return [day for day in DAYS.get_partition_keys() if statuses.get_status(asset, day) == StaleStatus.STALE]


def stale_by_part(home: Path, day: date) -> list[list[str]]:
    """What the UI would show as stale before a night, and after both of its parts: lake, what follows."""
    dagster_home(home)
    known = defs().get_repository_def()
    names = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
    parts = (
        (NIGHT, LAKE.resolve(known.asset_graph), dict.fromkeys(names, str(day))),
        (AFTER_LAKE, None, {}),
    )
    with dg.DagsterInstance.get() as instance:
        found = [_stale(instance)]
        for job, keys, tags in parts:
            known.get_job(job).execute_in_process(
                instance=instance,
                asset_selection=sorted(keys) if keys else None,
                tags=tags,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
            found.append(_stale(instance))
    return found


def _stale(instance: dg.DagsterInstance) -> list[str]:
    """Every stale asset; a day of one behind a colon."""
    graph = defs().get_repository_def().asset_graph
    statuses = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    every = [
        (key, day)
        for key in graph.materializable_asset_keys
        for day in (DAYS.get_partition_keys() if graph.get(key).is_partitioned else [None])
    ]
    return sorted(
        key.to_user_string() + (f":{day}" if day else "")
        for key, day in every
        if statuses.get_status(key, day) == StaleStatus.STALE
    )


def told_days(home: Path, key: str) -> list[str]:
    """The days of an asset of which Dagster was told, also by a run that failed."""
    return sorted(_instance(home).get_materialized_partitions(dg.AssetKey.from_user_string(key)))


def checks_of_another_build(home: Path) -> list[str]:
    """The checks of marts whose last evaluation speaks of a materialization that its run did not make."""
    dagster_home(home)
    keys = [key for key in defs().get_repository_def().asset_graph.asset_check_keys if key.name == CHECK]
    with dg.DagsterInstance.get() as instance:
        last = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    assert last.keys() == set(keys)
    of_run = {
        key: record.event.dagster_event.asset_check_evaluation_data.target_materialization_data
        for key, record in last.items()
    }
    return [str(key) for key, target in of_run.items() if not target or target.run_id != last[key].run_id]


def day_by_day() -> list[str]:
    """The assets of the night of which a shell cannot launch a range of days as one run."""
    layer, single = defs().get_repository_def().get_job(NIGHT).asset_layer, dg.BackfillPolicy.single_run()
    keys = layer.executable_asset_keys
    return sorted(key.to_user_string() for key in keys if layer.get(key).backfill_policy != single)


@cache
def _instance(home: Path) -> dg.DagsterInstance:
    return dg.DagsterInstance.ephemeral()


@cache
def _job(keys: tuple[str, ...], checks: bool) -> dg.JobDefinition:
    job = defs().get_repository_def().get_job(NIGHT)
    return job.get_subset(
        asset_selection={dg.AssetKey.from_user_string(key) for key in keys},
        asset_check_selection=None if checks else set(),
    )


def _told(result: Any) -> Told:
    days: dict[str, list[str]] = {}
    for event in result.all_events:
        if event.is_step_materialization:
            days.setdefault(event.asset_key.to_user_string(), []).append(event.partition)
    checks = {check.check_name: check.passed for check in result.get_asset_check_evaluations()}
    return result.success, {key: sorted(found) for key, found in days.items()}, checks
