"""Sessions of event days, and of every day that a conversation joins to them (DESIGN, Days)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from orchestration.fragmenting import fragments_version
from orchestration.lake import INPUTS, Lake, days_between, joined_version, midnight
from orchestration.settings import Settings
from orchestration.tables import SESSIONS
from orchestration.window import Window
from transforms.alerts import as_billing_sessions
from transforms.copies import resolve_copies
from transforms.sessions import BILLING_SESSIONS, Sessions, sessionize
from transforms.timeouts import TIMEOUTS

DAY = timedelta(days=1)
RECIPE = "1"
"""Changes when the same fragments would give other sessions, so that all days are built again."""
CHUNK_BYTES = 256 * 1024 * 1024
"""Fragments, as they lie on disk, that are worked at once."""

STARTS = {
    "conversations": "started_at",
    "billing_sessions": "started_at",
    "voice_sessions": "started_at",
    "rejected_handoffs": "occurred_at",
    "unmatched_legs": "transferred_at",
}
"""The instant whose UTC day is a row's partition. `conversations` is published last."""


@dataclass(frozen=True)
class Rebuilt:
    """Rows by table of each day that was built."""

    rows: dict[date, dict[str, int]]

    @property
    def days(self) -> list[date]:
        """The days, ascending."""
        return sorted(self.rows)


def watermark(lake: Lake) -> datetime | None:
    """R13: 00:00 UTC after the latest arrival day ingested."""
    latest = lake.scan("files").select(pl.col("arrival_day").max()).collect().item()
    return None if latest is None else midnight(latest + DAY)


def timeouts_of(lake: Lake) -> pl.DataFrame:
    """The inactivity timeouts that the account's book sets (R3), as `TIMEOUTS`; unusable ones left out."""
    events = lake.scan("account_events").filter(pl.col("type") == "inactivity_minutes_set").collect()
    minutes = pl.col("extra").str.json_path_match("$.inactivity_minutes").cast(pl.Int64, strict=False)
    return (
        resolve_copies(events, "account_events")[0]
        .select(
            "account_id",
            "app_id",
            pl.col("occurred_at").alias("effective_at"),
            minutes.alias("inactivity_minutes"),
        )
        .filter(pl.col("app_id").is_not_null() & pl.col("inactivity_minutes").is_between(5, 20160))
        .select(TIMEOUTS.names())
        .sort("account_id", "app_id", "effective_at", "inactivity_minutes")
    )


def dirty_days(lake: Lake, settings: Settings) -> list[date]:
    """Days whose sessions were made of other fragments, settings or, if still open, another watermark."""
    timeouts, mark = timeouts_of(lake), watermark(lake)
    return [
        day
        for day in lake.days("stretches")
        if not _is_current(
            lake.note(lake.file("conversations", day), INPUTS), _inputs(lake, day, timeouts, settings), mark
        )
    ]


def rebuild(lake: Lake, days: Iterable[date], settings: Settings) -> Rebuilt:
    """Builds the sessions of `days` and of the days that conversations join to them, old or new."""
    asked = sorted(set(days))
    timeouts = timeouts_of(lake)
    window = Window(lake, timeouts, settings.rules)
    rows: dict[date, dict[str, int]] = {}
    for first, last in _spans(lake, asked):
        part = {day for day in asked if first <= day <= last}
        built = _sessions(window, part, timeouts, settings)
        joined = _joined_before(lake, part, window) | _joined(built.conversations, part, window)
        if not joined <= part:
            built = _sessions(window, joined | part, timeouts, settings)
        # The asked days come last: a run that dies before them finds them dirty again.
        for day in [*sorted(joined - part), *sorted(part)]:
            rows[day] = _publish(lake, day, built, timeouts, settings)
    return Rebuilt(rows)


def _sessions(window: Window, days: set[date], timeouts: pl.DataFrame, settings: Settings) -> Sessions:
    fragments = window.load(min(days), max(days))
    return sessionize(fragments, timeouts, settings.rules, watermark(window.lake))


def _spans(lake: Lake, days: list[date]) -> list[tuple[date, date]]:
    """Days as runs without a gap, none with more fragments than are worked at once."""
    spans: list[list[date]] = []
    held = 0
    for day in days:
        path = lake.file("stretches", day)
        size = path.stat().st_size if path.exists() else 0
        if spans and day - spans[-1][-1] == DAY and held + size <= CHUNK_BYTES:
            spans[-1].append(day)
            held += size
        else:
            spans.append([day])
            held = size
    return [(span[0], span[-1]) for span in spans]


def _joined(conversations: pl.DataFrame, days: set[date], window: Window) -> set[date]:
    """The days of all chains of conversations that touch one of `days`, or that a reset there may end (R4).

    Blocks may start on any of these days.
    """
    reach = pl.col("chain_ended_at") + pl.duration(milliseconds=pl.col("longest_ms"))
    spans = (
        window.with_longest(conversations)
        .select(
            pl.col("chain_started_at").dt.date().alias("first"),
            pl.col("chain_ended_at").dt.date().alias("last"),
            reach.dt.date().alias("reach"),
        )
        .filter((pl.col("first") <= max(days)) & (pl.col("reach") >= min(days)))
        .filter(pl.col("first") < pl.col("reach"))
        .unique()
    )
    joined: set[date] = set()
    for first, last, reached in spans.iter_rows():
        if days.intersection(days_between(first, reached)):
            joined.update(days_between(first, last))
    return joined


def _joined_before(lake: Lake, days: set[date], window: Window) -> set[date]:
    """As `_joined`, of the conversations as they stand in the lake: what was joined may fall apart."""
    earliest = midnight(min(days)) - timedelta(milliseconds=window.longest_ms)
    held = (
        lake.scan("conversations")
        .filter(
            (pl.col("chain_ended_at") >= earliest) & (pl.col("chain_started_at") < midnight(max(days) + DAY))
        )
        .select("app_id", "chain_started_at", "chain_ended_at")
        .collect()
    )
    return _joined(held, days, window)


def _publish(
    lake: Lake, day: date, sessions: Sessions, timeouts: pl.DataFrame, settings: Settings
) -> dict[str, int]:
    alerts = as_billing_sessions(lake.read("alert_sessions", day))
    tables = {table: _of_day(getattr(sessions, table), STARTS[table], day) for table in SESSIONS}
    tables["billing_sessions"] = pl.concat([tables["billing_sessions"], alerts]).sort(
        BILLING_SESSIONS.names()
    )
    is_open = (
        not tables["conversations"]["is_complete"].all()
        or not tables["billing_sessions"]["is_complete"].all()
    )
    is_open = is_open or not tables["voice_sessions"]["is_complete"].all()
    inputs = {
        "made_of": _inputs(lake, day, timeouts, settings),
        "watermark": str(watermark(lake)) if is_open else "",
    }
    for table in [*(table for table in SESSIONS if table != "conversations"), "conversations"]:
        lake.publish(lake.file(table, day), tables[table], json.dumps(inputs))
    return {table: frame.height for table, frame in tables.items()}


def _of_day(frame: pl.DataFrame, column: str, day: date) -> pl.DataFrame:
    return frame.filter((pl.col(column) >= midnight(day)) & (pl.col(column) < midnight(day + DAY)))


def _inputs(lake: Lake, day: date, timeouts: pl.DataFrame, settings: Settings) -> str:
    """What the sessions of a day are made of; a timeout set later does not touch the day (R3)."""
    before = timeouts.filter(pl.col("effective_at") < midnight(day + DAY))
    rules = settings.rules
    said = [rules.anchor, rules.handoff_starts_at, *sorted(rules.voice_channels), before.write_json()]
    return joined_version([RECIPE, fragments_version(lake, day) or "", *said])


def _is_current(recorded: str | None, made_of: str, mark: datetime | None) -> bool:
    if recorded is None:
        return False
    known = json.loads(recorded)
    return known["made_of"] == made_of and known["watermark"] in {"", str(mark)}
