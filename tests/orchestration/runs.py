"""Runs through Dagster in a process of their own: its partitions are made when it is imported."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

Span = tuple[date, date]
"""First and last day."""

INGEST = tuple(f"ingest/{stream}" for stream in ("interactions", "handoffs", "alerts", "account_events"))
SESSIONS = ("lake/fragments", "lake/conversations", "lake/billing_sessions", "lake/voice_sessions")


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
    """What Dagster told of a run: whether it went well, days by asset, checks and whether they passed."""

    success: bool
    days: dict[str, list[str]]
    checks: dict[str, bool]


def night(home: Path, first: date, last: date) -> list[str]:
    """The whole night, as `quarterhour run` does it; gives its warnings."""
    os.environ["QUARTERHOUR_HOME"] = str(home)
    from orchestration.nightly import run_night  # noqa: PLC0415  its partitions are made of the home

    return run_night(home, first, last)


def lake_runs(home: Path, spans: Sequence[Span], keys: Sequence[str], *, checks: bool = True) -> list[Told]:
    """A run per span of days over some assets of the lake; runs over a home know of each other."""
    os.environ["QUARTERHOUR_HOME"] = str(home)
    names = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
    results = (
        _job(tuple(keys), checks).execute_in_process(
            instance=_instance(home),
            tags=dict(zip(names, map(str, span), strict=True)),
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
        for span in spans
    )
    return [_told(result) for result in results]


def stale_days(home: Path, key: str) -> list[str]:
    """The days of an asset that the UI would show as stale."""
    import dagster as dg  # noqa: PLC0415  see night
    from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus  # noqa: PLC0415
    from dagster._core.loader import LoadingContextForTest  # noqa: PLC0415

    from orchestration.definitions import defs  # noqa: PLC0415  see night
    from orchestration.partitions import DAYS  # noqa: PLC0415  see night

    instance = _instance(home)
    graph = defs().get_repository_def().asset_graph
    statuses = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    asset = dg.AssetKey.from_user_string(key)
    return [day for day in DAYS.get_partition_keys() if statuses.get_status(asset, day) == StaleStatus.STALE]


@cache
def _instance(home: Path) -> Any:
    import dagster as dg  # noqa: PLC0415  see night

    return dg.DagsterInstance.ephemeral()


@cache
def _job(keys: tuple[str, ...], checks: bool) -> Any:
    import dagster as dg  # noqa: PLC0415  see night

    from orchestration.definitions import defs  # noqa: PLC0415  see night
    from orchestration.defs.schedules import NIGHT  # noqa: PLC0415  see night

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
    return Told(result.success, {key: sorted(found) for key, found in days.items()}, checks)


def each_day(first: date, last: date) -> list[Span]:
    """Days as spans of one."""
    return [(first + timedelta(days=n),) * 2 for n in range((last - first).days + 1)]


def bytes_of(folder: Path) -> dict[str, str]:
    """A hash by file; what is hidden is left out."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }
