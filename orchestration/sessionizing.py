"""Sessions of event days, and of every day that a conversation joins to them (DESIGN, Days)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import polars as pl

from orchestration.fragmenting import copies_of, fragments_version
from orchestration.lake import INPUTS, Lake, days_between, midnight
from orchestration.tables import SESSIONS
from orchestration.terms import Terms
from orchestration.window import Window
from orchestration.workers import WORKERS, in_parallel
from transforms.alerts import as_billing_sessions
from transforms.fragments import shares
from transforms.ledger import kept_whole
from transforms.sessions import SCHEMAS as SESSION_SCHEMAS
from transforms.sessions import Sessions, in_one, sessionize

DAY = timedelta(days=1)
CHUNK_BYTES = 48 * 1024 * 1024
"""Stretches, as they lie on disk, that are worked at once: about two million, and the texts they lead to."""
SHARE_ROWS = 200_000
"""Stretches that are worth a worker of their own."""

ByDay = dict[str, dict[date, pl.DataFrame]]
"""By table and day."""
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
        by_day = _by_day(built)
        # The asked days come last: a run that dies before them finds them dirty again.
        for group in (sorted(joined - part), sorted(part)):
            counted = in_parallel(partial(_publish, lake, terms, by_day), group)
            rows.update(zip(group, counted, strict=True))
    return Rebuilt(rows)


def _sessions(window: Window, days: set[date]) -> Sessions:
    """Sessions around some days, the keys shared out among workers (R19)."""
    terms, fragments = window.terms, window.load(min(days), max(days))
    workers = WORKERS if fragments.stretches.height > SHARE_ROWS else 1

    def sessions_of_share(share: tuple[int, int]) -> Sessions:
        return sessionize(fragments.between(*share), terms.timeouts, terms.rules, terms.watermark)

    return in_one(list(in_parallel(sessions_of_share, shares(workers))))


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


def _publish(lake: Lake, terms: Terms, by_day: ByDay, day: date) -> dict[str, int]:
    tables = {table: by_day[table].get(day, _of_schema(table)) for table in SESSIONS}
    tables["rejected_handoffs"] = _kept_whole(lake, day, tables["rejected_handoffs"])
    alerts = as_billing_sessions(lake.read("alert_sessions", day))
    tables["billing_sessions"] = pl.concat([tables["billing_sessions"], alerts])
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


def _by_day(sessions: Sessions) -> ByDay:
    """Each table's rows by the day of their start."""
    parted: ByDay = {}
    for table, column in STARTS.items():
        rows: pl.DataFrame = getattr(sessions, table)
        days = rows.with_columns(pl.col(column).dt.date().alias("_day"))
        groups = days.partition_by("_day", as_dict=True, include_key=False, maintain_order=True)
        parted[table] = {day: rows for (day,), rows in groups.items()}
    return parted


def _of_schema(table: str) -> pl.DataFrame:
    return SESSION_SCHEMAS[table].to_frame()
