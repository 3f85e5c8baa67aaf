"""Runs through Dagster in a process of their own: its partitions are made when it is imported."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from importlib import import_module
from io import StringIO
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
    warnings: list[str] = _called("night", home, first, last)
    return warnings


def plain_run(home: Path) -> str:
    """`quarterhour run` without options; gives what it printed."""
    os.environ["QUARTERHOUR_HOME"] = str(home)
    with redirect_stdout(StringIO()) as printed:
        import_module("tests.orchestration.in_dagster").plain_run()
    return printed.getvalue()


def rebuild(home: Path, first: date, last: date) -> list[str]:
    """The night of a home that is built anew; gives its warnings."""
    warnings: list[str] = _called("rebuild", home, first, last)
    return warnings


def lake_runs(home: Path, spans: Sequence[Span], keys: Sequence[str], *, checks: bool = True) -> list[Told]:
    """A run per span of days over some assets of the lake; runs over a home know of each other."""
    return [Told(*told) for told in _called("lake_runs", home, spans, tuple(keys), checks)]


def tick(home: Path, now: datetime, cursor: str) -> Any:
    """The sensor on `landing/`, at a time: runs asked for (key, partition, tags), cursor, why none."""
    return _called("tick", home, now, cursor)


def nightly(home: Path, at: datetime) -> Any:
    """A tick of the nightly schedule: runs asked for (job, key, partition), why none."""
    return _called("nightly", home, at)


def assets_of(home: Path, job: str) -> list[str]:
    """What a job makes."""
    found: list[str] = _called("assets_of", home, job)
    return found


def issuing(home: Path) -> Any:
    """The schedule of the issuing that is told apart: its job, its cron, the zone of that."""
    return _called("issuing", home)


def late_run(home: Path, partition: str, tags: dict[str, str], keys: Sequence[str]) -> Told:
    """The run that the sensor has asked for, over some assets of the lake."""
    return Told(*_called("late_run", home, partition, tags, tuple(keys)))


def under_way(home: Path) -> str:
    """A night that is under way; gives its id."""
    run_id: str = _called("under_way", home)
    return run_id


def ended(home: Path, run_id: str) -> None:
    """The same, when it is over."""
    _called("ended", home, run_id)


def stale_days(home: Path, key: str) -> list[str]:
    """The days of an asset that the UI would show as stale."""
    days: list[str] = _called("stale_days", home, key)
    return days


def stale_by_part(home: Path, day: date) -> list[list[str]]:
    """What the UI would show as stale before a night, and after both of its parts: lake, what follows."""
    found: list[list[str]] = _called("stale_by_part", home, day)
    return found


def told_days(home: Path, key: str) -> list[str]:
    """The days of an asset of which Dagster was told, also by a run that failed."""
    days: list[str] = _called("told_days", home, key)
    return days


def checks_of_another_build(home: Path) -> list[str]:
    """The checks of marts that speak of a build before the one that they were made in."""
    found: list[str] = _called("checks_of_another_build", home)
    return found


def day_by_day() -> list[str]:
    """The assets of the night of which a shell cannot launch a range of days as one run."""
    found: list[str] = import_module("tests.orchestration.in_dagster").day_by_day()
    return found


def _called(name: str, home: Path, *rest: object) -> Any:
    """Of `in_dagster`, which is imported where the environment names the partitions and the home."""
    os.environ["QUARTERHOUR_HOME"] = str(home)
    return getattr(import_module("tests.orchestration.in_dagster"), name)(home, *rest)


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
