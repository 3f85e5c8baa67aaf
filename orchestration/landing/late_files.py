"""Files that land after the night that took their arrival day: what waits, and when to run for it.

A day belongs to the night until an hour after that has begun. Afterwards a file that no ingest has read as it
is now is late. What one tick has to remember for the next stands in a cursor that names days, not files: it
is as long as the list of days that wait.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from pathlib import Path

from orchestration.lake import Lake
from orchestration.lake.tables import STREAMS
from orchestration.landing.arrived import unread
from orchestration.landing.files import arrival_days, name_of

ARRIVAL_DAYS = "quarterhour/arrival_days"
"""Tag of a run that takes late files: the arrival days that it ingests, its own among them."""
DAY = timedelta(days=1)
NIGHT_AT = time(2, 0)
"""When the night begins that takes the day before, UTC."""
LEFT_TO_THE_NIGHT = timedelta(hours=1)
"""Counted from there: time for the schedule to start what it has to."""
SETTLE = timedelta(seconds=60)
"""So long a day's files must stay as they are: one that is being written changes its size or time."""
PATIENCE = timedelta(minutes=15)
"""So long settled days wait for others of the same burst; files may go on coming for ever."""


@dataclass(frozen=True)
class Waiting:
    """A day with late files that no run was asked for: what they are like, since when, and first seen."""

    digest: str
    unchanged_since: float
    seen_since: float


@dataclass(frozen=True)
class Cursor:
    """What is remembered from tick to tick: days that wait, and those for which a run was asked."""

    waiting: Mapping[date, Waiting] = field(default_factory=dict)
    asked: Mapping[date, str] = field(default_factory=dict)

    def text(self) -> str:
        """As Dagster keeps it."""
        waiting = {str(day): list(asdict(each).values()) for day, each in sorted(self.waiting.items())}
        asked = {str(day): digest for day, digest in sorted(self.asked.items())}
        return json.dumps({"waiting": waiting, "asked": asked})


def cursor_of(text: str | None) -> Cursor:
    """What a text remembers; of one that cannot be read nothing."""
    try:
        kept = json.loads(text or "{}")
        return Cursor(
            {date.fromisoformat(day): Waiting(*each) for day, each in kept.get("waiting", {}).items()},
            {date.fromisoformat(day): str(digest) for day, digest in kept.get("asked", {}).items()},
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        return Cursor()


@dataclass(frozen=True)
class Late:
    """What waits on a day: a digest of the names, sizes and times of its late files, and their streams."""

    digest: str
    streams: tuple[str, ...]


def late_days(home: Path, now: datetime) -> dict[date, Late]:
    """The days with late files."""
    last, landing, lake = last_late_day(now), home / "landing", Lake(home)
    found: dict[date, dict[str, list[str]]] = {}
    for stream in STREAMS:
        for day in arrival_days(landing, stream):
            if day <= last and (files := _unseen(lake, landing, stream, day)):
                found.setdefault(day, {})[stream] = files
    return {day: Late(_digest(by_stream), tuple(by_stream)) for day, by_stream in sorted(found.items())}


def last_late_day(now: datetime) -> date:
    """The latest day that no night will take any more."""
    return (now - timedelta(hours=NIGHT_AT.hour, minutes=NIGHT_AT.minute) - LEFT_TO_THE_NIGHT).date() - DAY


def look(
    before: Cursor, late: Mapping[date, Late], now: datetime, is_busy: bool
) -> tuple[Cursor, list[date]]:
    """What to remember, and the days to ask a run for now: none while one is under way, or files still come.

    A day is asked for once, and again only when other files wait there.
    """
    at = now.timestamp()
    now_late = {day: each.digest for day, each in late.items()}
    asked = {day: digest for day, digest in before.asked.items() if now_late.get(day) == digest}
    waiting = {
        day: _since(before.waiting.get(day), digest, at)
        for day, digest in now_late.items()
        if day not in asked
    }
    settled = {day for day, each in waiting.items() if at - each.unchanged_since >= SETTLE.total_seconds()}
    is_enough = any(at - waiting[day].seen_since >= PATIENCE.total_seconds() for day in settled)
    if is_busy or not (settled and (is_enough or settled == waiting.keys())):
        return Cursor(waiting, asked), []
    asked |= {day: now_late[day] for day in settled}
    return Cursor({day: each for day, each in waiting.items() if day not in settled}, asked), sorted(settled)


def _since(before: Waiting | None, digest: str, at: float) -> Waiting:
    """How long a day has been as it is; a clock that was set back begins anew."""
    if before is None or before.unchanged_since > at:
        return Waiting(digest, at, at)
    return before if before.digest == digest else Waiting(digest, at, before.seen_since)


def _unseen(lake: Lake, landing: Path, stream: str, day: date) -> list[str]:
    """The files that no ingest has read as they are, each with what it is like now."""
    return [
        f"{name_of(path, landing)} {status.st_size} {status.st_mtime_ns}"
        for path in unread(lake, landing, stream, day)
        for status in (path.stat(),)
    ]


def _digest(by_stream: Mapping[str, list[str]]) -> str:
    lines = sorted(line for lines in by_stream.values() for line in lines)
    return blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()
