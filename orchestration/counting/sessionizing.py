"""Sessions of event days, and of every day that a conversation joins to them (DESIGN, Days)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

import polars as pl

from orchestration.counting import touched
from orchestration.counting.clean import clean_days
from orchestration.counting.fragmenting import build_fragments, copies_of, fragments_version
from orchestration.counting.terms import Terms, was_open
from orchestration.counting.touched import MOST_KEYS, touched_keys
from orchestration.counting.window import Window
from orchestration.counting.workers import WORKERS, in_parallel
from orchestration.lake import INPUTS, Lake, midnight
from orchestration.lake.tables import SESSIONS
from transforms.alerts import as_billing_sessions
from transforms.episodes import by_episode
from transforms.fragments import shares
from transforms.keys import key_of
from transforms.ledger import kept_whole
from transforms.sessions import SCHEMAS as SESSION_SCHEMAS
from transforms.sessions import Sessions, in_one, in_order, sessionize

DAY = timedelta(days=1)
CHUNK_BYTES = 52 * 1024 * 1024
"""Stretches, as they lie on disk, that are worked at once: about two million, and the texts they lead to."""
SHARE_ROWS = 200_000
"""Stretches that are worth a worker of their own."""
ROWS_AT_ONCE = 1_000_000
"""Stretches and rows of careful keys that a worker works at once: more are worked share after share."""

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


@dataclass
class _Order:
    """Which days a run builds whole, `later` or `done`. Of the same fragments they say the same in any order,
    so that what is joined among them needs no second look."""

    later: set[date]
    done: set[date] = field(default_factory=set)

    def begin(self, days: set[date]) -> None:
        self.done |= days & self.later
        self.later -= days


def dirty_days(lake: Lake, terms: Terms, *, known: bool = False) -> list[date]:
    """Days whose sessions were made of other fragments or terms than they would be made of now.

    With `known` days that a night before found clean are not opened again (`counting/clean.py`).
    """
    with clean_days(lake, "sessions", terms.version(), known=known) as clean:
        unknown = [day for day in lake.days("stretches") if day not in clean]
        dirty = [day for day in unknown if not _is_clean(lake, day, terms)]
        for day in set(unknown).difference(dirty):
            if not was_open(lake.note(lake.file("conversations", day), INPUTS)):
                clean.add(day)
    return dirty


def _is_clean(lake: Lake, day: date, terms: Terms) -> bool:
    if touched.is_waiting(lake, day) or not all(lake.file(table, day).exists() for table in SESSIONS):
        return False
    note = lake.note(lake.file("conversations", day), INPUTS)
    return terms.still_hold(note, day, fragments_version(lake, day))


def rebuild(lake: Lake, days: Iterable[date], terms: Terms) -> Rebuilt:
    """Builds the sessions of `days`, and on other days those of the conversations that join to them.

    A conversation may have begun on another day, or have left blocks there before its rows changed. On such
    days only the keys of those conversations are counted again, and a day that says the same stays untouched.
    Of a day of which it is known what changed, only that is counted again.
    """
    asked = sorted(set(days))
    window = Window(lake, terms)
    known = set(window.days)
    in_part = [day for day in asked if _is_changed_in_part(lake, day, terms)]
    rows: dict[date, dict[str, int]] = {}
    whole = [day for day in asked if day not in in_part]
    order = _Order(later=set(whole))
    for first, last in _spans(lake, whole):
        rows.update(_rebuild_span(window, {day for day in whole if first <= day <= last}, order))
    for first, last in _spans(lake, in_part):
        span = {day for day in in_part if first <= day <= last}
        # Read anew: spans before may have added keys.
        keys = [found for day in span if (found := touched_keys(lake, day, terms)) is not None]
        rows.update(_rebuild_span(window, span, order, pl.concat(keys).unique()))
    silent = set(window.days) - known
    return Rebuilt({**rows, **(rebuild(lake, silent, terms).rows if silent else {})})


def _is_changed_in_part(lake: Lake, day: date, terms: Terms) -> bool:
    keys = touched_keys(lake, day, terms)
    return keys is not None and keys.height <= MOST_KEYS


def _rebuild_span(
    window: Window, part: set[date], order: _Order, wanted: pl.DataFrame | None = None
) -> dict[date, dict[str, int]]:
    """Builds some days, or of these days only the sessions of some keys; and what is joined to them."""
    lake, terms = window.lake, window.terms
    built = _sessions(window, part, wanted)
    chains = pl.concat([_chains(built.conversations), _chains_before(lake, part, window, wanted)])
    own = _by_day(built)
    # On a day on which nobody spoke blocks may start.
    silent = set[date]().union(*own.values()).difference(window.days)
    for day in silent:
        build_fragments(lake, day)
    window.days = sorted([*window.days, *silent])
    keys, joined = _joined(chains, part, window)
    order.begin(part)
    beyond = joined - part - order.done
    clean = {day for day in beyond if _is_clean(lake, day, terms)}
    others = sorted(clean - order.later)
    # Until all is published the days are marked: a run that dies leaves none that would pass for clean.
    # A joined day that is dirty itself is built when its turn comes.
    for day in beyond - (order.later - clean):
        touched.also(lake, day, keys)
    for day in part:
        if wanted is not None or _is_clean(lake, day, terms):
            touched.also(lake, day, keys if wanted is None else wanted)
    beside = _by_day(_sessions(window, set(others), keys)) if others else {}
    patched = list(in_parallel(partial(_patch, lake, terms, beside, keys), others))
    rows = {day: counts for day, counts in zip(others, patched, strict=True) if counts}
    publish = partial(_publish, lake, terms, own, wanted)
    rows |= dict(zip(sorted(part), in_parallel(publish, sorted(part)), strict=True))
    for day in [*others, *part]:
        touched.settle(lake, day)
    return rows


def _sessions(window: Window, days: set[date], keys: pl.DataFrame | None = None) -> Sessions:
    """Sessions around some days, of some keys if so told; in shares of the keys (R19)."""
    terms, fragments = window.terms, window.load(min(days), max(days), keys)
    workers = WORKERS if fragments.stretches.height > SHARE_ROWS else 1

    def sessions_of_share(share: tuple[int, int]) -> Sessions:
        its = fragments.between(*share)
        episodes = by_episode(its, window.longest_of(its.identities))
        return sessionize(episodes, terms.timeouts, terms.rules, terms.watermark)

    rows = fragments.stretches.height + fragments.marked_rows.height
    return in_one(list(in_parallel(sessions_of_share, shares(max(workers, -(-rows // ROWS_AT_ONCE))))))


def _is_of(table: str, keys: pl.DataFrame) -> pl.Expr:
    """Rows of some keys; an alert belongs to no conversation."""
    if "conversation_id" not in SESSIONS[table]:
        return pl.col("key").is_in(keys["key"].implode())
    return key_of(pl.col("conversation_id")).is_in(keys["key"].implode())


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


def _chains(conversations: pl.DataFrame) -> pl.DataFrame:
    return conversations.select("conversation_id", "app_id", "chain_started_at", "chain_ended_at")


def _chains_before(lake: Lake, days: set[date], window: Window, wanted: pl.DataFrame | None) -> pl.DataFrame:
    """The chains near some days as they stand in the lake: what was joined may fall apart."""
    earliest = midnight(min(days)) - timedelta(milliseconds=window.longest_ms)
    is_wanted = pl.lit(value=True) if wanted is None else _is_of("conversations", wanted)
    return _chains(
        lake.scan("conversations")
        .filter(
            (pl.col("chain_ended_at") >= earliest) & (pl.col("chain_started_at") < midnight(max(days) + DAY))
        )
        .filter(is_wanted)
        .select("conversation_id", "app_id", "chain_started_at", "chain_ended_at")
        .collect()
    )


def _joined(chains: pl.DataFrame, days: set[date], window: Window) -> tuple[pl.DataFrame, set[date]]:
    """Keys and days of the chains that touch one of `days`, or that a reset there may end (R4), and reach
    out of them: blocks may start on any of their days.
    """
    reach = pl.col("chain_ended_at") + pl.duration(milliseconds=pl.col("longest_ms"))
    spans = (
        window.with_longest(chains)
        .select(
            "conversation_id",
            pl.col("chain_started_at").dt.date().alias("first"),
            pl.col("chain_ended_at").dt.date().alias("last"),
            reach.dt.date().alias("reach"),
        )
        .filter((pl.col("first") <= max(days)) & (pl.col("reach") >= min(days)))
        .filter(pl.col("first") < pl.col("reach"))
        .select(key_of(pl.col("conversation_id")).alias("key"), "first", "last", "reach")
    )
    joined: set[date] = set()
    reaching: list[tuple[date, date, date]] = []
    for first, last, reached in spans.select("first", "last", "reach").unique().iter_rows():
        theirs = {day for day in window.days if first <= day <= last}
        if not theirs <= days and any(first <= day <= reached for day in days):
            joined.update(theirs)
            reaching.append((first, last, reached))
    chosen = pl.DataFrame(reaching, schema=spans.drop("key").schema, orient="row")
    return spans.join(chosen, on=["first", "last", "reach"], how="semi").select("key").unique(), joined


def _patch(lake: Lake, terms: Terms, by_day: ByDay, keys: pl.DataFrame, day: date) -> dict[str, int] | None:
    """Replaces the sessions of some keys on a day; None where they are what they were."""
    new = _of_day(lake, by_day, day)
    held = {table: lake.read(table, day) for table in SESSIONS}
    of_keys = {table: rows.filter(_is_of(table, keys)) for table, rows in held.items()}
    if all(of_keys[table].equals(new[table]) for table in SESSIONS):
        return None
    return _publish_tables(lake, terms, _replaced(held, new, keys), day)


def _publish(lake: Lake, terms: Terms, by_day: ByDay, keys: pl.DataFrame | None, day: date) -> dict[str, int]:
    """Replaces the sessions of a day, or of some of its keys."""
    tables = _of_day(lake, by_day, day)
    if keys is not None:
        tables = _replaced({table: lake.read(table, day) for table in SESSIONS}, tables, keys)
    return _publish_tables(lake, terms, tables, day)


def _of_day(lake: Lake, by_day: ByDay, day: date) -> dict[str, pl.DataFrame]:
    tables = {table: by_day[table].get(day, _of_schema(table)) for table in SESSIONS}
    tables["rejected_handoffs"] = with_raw(lake, day, tables["rejected_handoffs"])
    return tables


def _replaced(
    held: dict[str, pl.DataFrame], new: dict[str, pl.DataFrame], keys: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """What stands of a day, without its alerts, and of some keys what is new."""
    rest = {table: rows.filter(~_is_of(table, keys)) for table, rows in held.items()}
    is_alert = pl.col("session_type") == "alert"
    rest["billing_sessions"] = rest["billing_sessions"].filter(~is_alert)
    return {table: in_order(table, pl.concat([rest[table], new[table]])) for table in SESSIONS}


def _publish_tables(lake: Lake, terms: Terms, tables: dict[str, pl.DataFrame], day: date) -> dict[str, int]:
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


def with_raw(lake: Lake, day: date, rejected: pl.DataFrame) -> pl.DataFrame:
    """Refused handoff rows of a day with all that the lake holds of them (R20)."""
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
