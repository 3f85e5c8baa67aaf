"""The nightly job through Dagster, headless: what `quarterhour run` and the demo start."""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl

from orchestration.errors import RunError
from orchestration.lake import Lake, days_between
from orchestration.landing import all_arrival_days

INSTANCE = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    default_limit: 1
"""


def dagster_home(home: Path) -> Path:
    """Dagster's own folder within the home, with its settings laid out; made known to this process."""
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    if not config.exists():
        config.write_text(INSTANCE)
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    return folder


def waiting_days(home: Path) -> list[date]:
    """Arrival days that have landed and were never ingested."""
    known = {
        day
        for stream in ("interactions", "handoffs", "alerts", "account_events")
        for day in Lake(home).days("files", stream)
    }
    return [day for day in all_arrival_days(home / "landing") if day not in known]


def run_night(home: Path, first: date, last: date) -> list[str]:
    """Runs the nightly job over arrival days, then the reports; gives the warnings of the run.

    Raises RunError naming the steps that failed.
    """
    dagster_home(home)
    from orchestration.definitions import defs  # noqa: PLC0415  partitions are made when it is imported
    from orchestration.defs.schedules import NIGHT, REPORTS  # noqa: PLC0415

    repository = defs().get_repository_def()
    with dg.DagsterInstance.get() as instance:
        warnings = _run(repository.get_job(NIGHT), instance, first.isoformat(), last.isoformat())
        months = [f"{day:%Y-%m-01}" for day in _months(first, last)]
        warnings += _run(repository.get_job(REPORTS), instance, months[0], months[-1])
    return [*_refusals(Lake(home), first, last), *warnings]


def _refusals(lake: Lake, first: date, last: date) -> list[str]:
    """What ingest refused of these arrival days, for the operator to see."""
    files = (
        lake.scan("files")
        .filter(pl.col("arrival_day").is_between(first, last))
        .group_by("file")
        .agg(pl.col("quarantined").sum(), pl.col("problem").drop_nulls().first())
        .filter((pl.col("quarantined") > 0) | pl.col("problem").is_not_null())
        .sort("file")
        .collect()
    )
    return [
        f"{file}: {quarantined} rows in quarantine" + (f" ({problem})" if problem else "")
        for file, quarantined, problem in files.iter_rows()
    ]


def _months(first: date, last: date) -> Sequence[date]:
    return sorted({day.replace(day=1) for day in days_between(first, last)})


def _run(job: dg.JobDefinition, instance: dg.DagsterInstance, first: str, last: str) -> list[str]:
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    quiet = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
    result = job.execute_in_process(instance=instance, tags=tags, run_config=quiet, raise_on_error=False)
    failed = [event.step_key for event in result.all_events if event.is_step_failure and event.step_key]
    if not result.success:
        raise RunError(f"run {result.run_id} failed in {', '.join(failed) or 'its start'}")
    return [
        f"{check.asset_key.to_user_string()}: {check.check_name}: {check.description or 'failed'}"
        for check in result.get_asset_check_evaluations()
        if not check.passed
    ]
