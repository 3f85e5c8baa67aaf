"""Runs through Dagster in a process of their own: its partitions are made when it is imported."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from orchestration.nightly import run_night


@contextmanager
def dagster_process(first: date, last: date) -> Iterator[ProcessPoolExecutor]:
    """A process whose partitions are the days from first to last."""
    with ProcessPoolExecutor(1, get_context("spawn"), _enter, (str(first), str(last))) as pool:
        yield pool


def _enter(first: str, last: str) -> None:
    os.environ |= {
        "QUARTERHOUR_FIRST_DAY": first,
        "QUARTERHOUR_LAST_DAY": last,
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }


@dataclass(frozen=True)
class Told:
    """What Dagster told of a run: whether it went well, days by asset, checks by outcome."""

    success: bool
    days: dict[str, list[str]]
    checks: dict[str, bool]


def night(home: Path, first: date, last: date) -> list[str]:
    """The whole night, as `quarterhour run` does it; gives its warnings."""
    os.environ["QUARTERHOUR_HOME"] = str(home)
    return run_night(home, first, last)


def lake_only(home: Path, spans: list[tuple[date, date]], *, ingest: bool = True) -> list[Told]:
    """A run per span of days over the lake alone, without marts."""
    os.environ["QUARTERHOUR_HOME"] = str(home)
    return [_told(_lake_run(ingest, span)) for span in spans]


def _lake_run(ingest: bool, span: tuple[date, date]) -> Any:
    tags = zip(
        ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end"),
        map(str, span),
        strict=True,
    )
    return _lake_job(ingest).execute_in_process(
        tags=dict(tags),
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        raise_on_error=False,
    )


@cache
def _lake_job(ingest: bool) -> Any:
    import dagster as dg  # noqa: PLC0415  only the process of the runs needs it

    from orchestration.definitions import defs  # noqa: PLC0415
    from orchestration.defs.schedules import LAKE, NIGHT  # noqa: PLC0415

    repository = defs().get_repository_def()
    chosen = LAKE if ingest else LAKE - dg.AssetSelection.groups("ingestion")
    return repository.get_job(NIGHT).get_subset(asset_selection=chosen.resolve(repository.asset_graph))


def _told(result: Any) -> Told:
    days: dict[str, list[str]] = {}
    for event in result.all_events:
        if event.is_step_materialization:
            days.setdefault(event.asset_key.to_user_string(), []).append(event.partition)
    checks = {check.check_name: check.passed for check in result.get_asset_check_evaluations()}
    return Told(result.success, {key: sorted(found) for key, found in days.items()}, checks)


def each_day(first: date, last: date) -> list[tuple[date, date]]:
    """Days as spans of one."""
    return [(first + timedelta(days=n),) * 2 for n in range((last - first).days + 1)]


def bytes_of(folder: Path, pattern: str) -> dict[str, str]:
    """A hash by file."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob(pattern))
    }
