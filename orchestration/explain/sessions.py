"""`quarterhour explain`: why a session counted as it did, down to file and line (R20)."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from orchestration.counting.copies import resolved
from orchestration.counting.terms import Terms
from orchestration.counting.window import Window
from orchestration.errors import UsageError
from orchestration.explain.sessions_text import place_of, time_of
from orchestration.lake import Lake
from orchestration.lake.parts import settled_files
from transforms.alerts import alert_ids
from transforms.explaining import Explanation, explained
from transforms.explaining_rows import GREETINGS, greetings_of
from transforms.fragments import MARKED_ROWS, Fragments, no_fragments, rows_of
from transforms.keys import event_ids
from transforms.marks import NO_MARK

SHOWN = 5
"""Rows that are named where a line is explained; of all others the count is told."""

_ID = re.compile(r"(?P<key>[0-9]{1,20})-(?P<at>-?[0-9]{1,15})(-(?P<more>[0-9]{1,20}))?")


@dataclass(frozen=True)
class Explained:
    """A conversation as it stands in the lake, and as its rows explain it."""

    stored: dict[str, object]
    explanation: Explanation
    dropped: str | None = None
    """What to say of raw rows that were dropped."""


def explain(lake: Lake, terms: Terms, conversation_id: str) -> Explained:
    """The explanation of a conversation.

    Raises UsageError where there is none of that id, with what to look for instead.
    """
    key, at, ordinal = _parts(conversation_id)
    stored = _stored(lake, "conversations", at, conversation_id)
    if stored is None:
        raise UsageError(_not_found(lake, conversation_id, key, at))
    fragments, greetings = _fragments(lake, terms, key, stored)
    found = explained(fragments, terms.timeouts, terms.rules, at, ordinal, greetings=greetings)
    if found is None:
        raise UsageError(
            f"the rows of the lake no longer give {conversation_id}: its day {_day(at)} is stale; "
            f"materialize lake/fragments and the sessions of {_day(at)}, then ask again"
        )
    return Explained(stored, found, told_of_dropped(lake, found.files))


def next_conversation(lake: Lake, stored: dict[str, object]) -> str | None:
    """The id of the conversation of the same key that is the next in the lake, on whatever day."""
    key = str(stored["conversation_id"]).partition("-")[0]
    later = (
        lake.scan("conversations")
        .filter(
            pl.col("conversation_id").str.starts_with(f"{key}-")
            & (pl.col("started_at") > pl.lit(stored["ended_at"]))
        )
        .select("conversation_id", "started_at")
        .collect()
        .sort("started_at", pl.col("conversation_id").str.len_chars(), "conversation_id")
    )
    return None if later.is_empty() else str(later["conversation_id"][0])


def single_session(lake: Lake, conversation_id: str) -> str | None:
    """The sentence that explains an API request or an alert; None where the id is of neither."""
    key, at, _ = _parts(conversation_id)
    stored = _stored(lake, "billing_sessions", at, conversation_id)
    if stored is None or stored["session_type"] == "usage":
        return None
    stream = "alerts" if stored["session_type"] == "alert" else "interactions"
    rows = resolved(lake, stream, _day(at)).winners
    if stream == "alerts":
        its = rows.filter(pl.col("delivered_at").dt.epoch("ms") == at)
        its = its.filter(alert_ids() == conversation_id)
        rule = "a delivered alert is one billing session (R15)"
    else:
        instant = pl.col("occurred_at").dt.epoch("ms")
        its = rows.filter(
            (pl.col("key") == pl.lit(key, pl.UInt64)) & (instant == at) & (pl.col("mark") == NO_MARK)
        ).filter(event_ids(pl.col("key"), instant, pl.col("event_id")) == conversation_id)
        rule = "an API request is one billing session, whatever else happens (R12)"
    places = [place_of(row) for row in its.select("file", "line").collect().iter_rows(named=True)]
    dropped = told_of_dropped(lake, {place.rpartition(":")[0] for place in places})
    return f"{rule}: {time_of(at)}, {_first_of(places)}" + (f"; {dropped}" if dropped else "")


def rows_told(lake: Lake, terms: Terms, conversation_id: str) -> str:
    """The rows of a conversation, an API request or an alert: how many, and where they lie."""
    single = single_session(lake, conversation_id)
    if single is not None:
        return single
    rows = explain(lake, terms, conversation_id).explanation.rows
    places = [place_of(row) for row in rows.select("file", "line").unique().sort("file", "line").to_dicts()]
    dropped = told_of_dropped(lake, set(rows["file"]))
    return f"{len(places)} rows: {_first_of(places)}" + (f"; {dropped}" if dropped else "")


def _first_of(places: Sequence[str]) -> str:
    """The first of some places: a conversation may have thousands of rows."""
    more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    return ", ".join(places[:SHOWN]) + more


def told_of_dropped(lake: Lake, files: Collection[str]) -> str | None:
    """That the raw rows of some of the files were dropped, and when; None where all lie in landing."""
    gone = pl.concat(settled_files(lake, *_arrival_of(file)) for file in files) if files else None
    if gone is None or (gone := gone.filter(pl.col("file").is_in(sorted(files)))).is_empty():
        return None
    days = sorted(set(gone["dropped_at"].dt.strftime("%Y-%m-%d")))
    number = gone["file"].n_unique()
    return (
        f"the raw rows of {number} of these {len(files)} files were dropped on {', '.join(days)}; "
        "what is told of them is what was kept of each row: its ids, its time, its file and line"
    )


def _arrival_of(file: str) -> tuple[str, date]:
    stream, day = file.split("/")[:2]
    return stream, date.fromisoformat(day)


def _parts(conversation_id: str) -> tuple[int, int, int]:
    match = _ID.fullmatch(conversation_id)
    if match is None:
        raise UsageError(
            f"{conversation_id!r} is no conversation_id: it looks like 1216168702123650604-1772359200000, "
            "as in lake/conversations and on the pages"
        )
    return int(match["key"]), int(match["at"]), int(match["more"] or 0)


def _stored(lake: Lake, table: str, at: int, conversation_id: str) -> dict[str, object] | None:
    rows = lake.read(table, _day(at)).filter(pl.col("conversation_id") == conversation_id)
    return rows.row(0, named=True) if rows.height else None


def _not_found(lake: Lake, conversation_id: str, key: int, at: int) -> str:
    of_key = (
        lake.scan("conversations")
        .filter(pl.col("conversation_id").str.starts_with(f"{key}-"))
        .select("conversation_id", distance=(pl.col("started_at").dt.epoch("ms") - at).abs())
        .sort("distance")
        .head(3)
        .collect()["conversation_id"]
    )
    text = f"no conversation {conversation_id} starts at {time_of(at)}"
    if of_key.is_empty():
        return f"{text}, and none of its key at any time"
    return f"{text} (a late row may have moved its start); of the same key: {', '.join(of_key)}"


def _fragments(
    lake: Lake, terms: Terms, key: int, stored: dict[str, object]
) -> tuple[Fragments, pl.DataFrame]:
    """All that the lake says of a key around a conversation, and its `GREETINGS`: every row of every day that
    may join to it."""
    first, last = stored["chain_started_at"], stored["chain_ended_at"]
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        raise TypeError("a conversation has a chain")
    keys = pl.DataFrame({"key": [key]}, schema={"key": pl.UInt64})
    held = Window(lake, terms).load(first.date(), last.date(), keys)
    is_its = pl.col("key") == pl.lit(key, pl.UInt64)
    days = [resolved(lake, "interactions", day).winners.filter(is_its) for day in sorted(_days_of(held))]
    rows = [rows_of(day, keys) for day in days]
    fragments = no_fragments().having(
        marked_rows=pl.concat([MARKED_ROWS.to_frame(), *rows]),
        legs=held.legs,
        identities=held.identities,
    )
    return fragments, pl.concat([GREETINGS.to_frame(), *(greetings_of(day) for day in days)])


def _days_of(held: Fragments) -> set[date]:
    instants = [
        held.stretches["first_at"],
        held.stretches["last_at"],
        held.marked_rows["at"],
        held.legs["transferred_at"],
        held.legs["ended_at"].drop_nulls(),
    ]
    return {_day(at) for values in instants for at in values.to_list()}


def _day(at: int) -> date:
    return datetime.fromtimestamp(at // 1000, UTC).date()
