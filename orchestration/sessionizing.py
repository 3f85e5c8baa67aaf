"""Sessions of event days, and of every day that a conversation joins to them (DESIGN, Days)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from orchestration.fragmenting import copies_of, fragments_version
from orchestration.lake import INPUTS, Lake, days_between, midnight
from orchestration.tables import SESSIONS
from orchestration.terms import Terms
from orchestration.window import Window
from transforms.alerts import as_billing_sessions
from transforms.ledger import kept_whole
from transforms.sessions import BILLING_SESSIONS, Sessions, sessionize

DAY = timedelta(days=1)
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


def dirty_days(lake: Lake, terms: Terms) -> list[date]:
    """Days whose sessions were made of other fragments or terms than they would be made of now."""
    return [
        day
        for day in lake.days("stretches")
        if not terms.still_hold(
            lake.note(lake.file("conversations", day), INPUTS), day, fragments_version(lake, day)
        )
    ]


def rebuild(lake: Lake, days: Iterable[date], terms: Terms) -> Rebuilt:
    """Builds the sessions of `days` and of the days that conversations join to them, old or new."""
    asked = sorted(set(days))
    window = Window(lake, terms)
    rows: dict[date, dict[str, int]] = {}
    for first, last in _spans(lake, asked):
        part = {day for day in asked if first <= day <= last}
        built = _sessions(window, part)
        joined = _joined_before(lake, part, window) | _joined(built.conversations, part, window)
        if not joined <= part:
            built = _sessions(window, joined | part)
        # The asked days come last: a run that dies before them finds them dirty again.
        for day in [*sorted(joined - part), *sorted(part)]:
            rows[day] = _publish(lake, day, built, terms)
    return Rebuilt(rows)


def _sessions(window: Window, days: set[date]) -> Sessions:
    terms = window.terms
    return sessionize(window.load(min(days), max(days)), terms.timeouts, terms.rules, terms.watermark)


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


def _publish(lake: Lake, day: date, sessions: Sessions, terms: Terms) -> dict[str, int]:
    tables = {table: _of_day(getattr(sessions, table), STARTS[table], day) for table in SESSIONS}
    tables["rejected_handoffs"] = _kept_whole(lake, day, tables["rejected_handoffs"])
    alerts = as_billing_sessions(lake.read("alert_sessions", day))
    tables["billing_sessions"] = pl.concat([tables["billing_sessions"], alerts]).sort(
        BILLING_SESSIONS.names()
    )
    is_open = not all(
        tables[table]["is_complete"].all()
        for table in ("conversations", "billing_sessions", "voice_sessions")
    )
    note = terms.note(day, fragments_version(lake, day), is_open=is_open)
    for table in [*(table for table in SESSIONS if table != "conversations"), "conversations"]:
        lake.publish(lake.file(table, day), tables[table], note)
    return {table: frame.height for table, frame in tables.items()}


def _kept_whole(lake: Lake, day: date, rejected: pl.DataFrame) -> pl.DataFrame:
    rows = {stream: copies_of(lake, stream, day) for stream in rejected["stream"].unique().sort()}
    return kept_whole(rejected, rows) if rows else rejected.with_columns(pl.lit(None, pl.String).alias("raw"))


def _of_day(frame: pl.DataFrame, column: str, day: date) -> pl.DataFrame:
    return frame.filter((pl.col(column) >= midnight(day)) & (pl.col(column) < midnight(day + DAY)))
