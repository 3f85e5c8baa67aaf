"""What holds of the count whatever the log, each by itself (R11, R18, R19)."""

import random
from collections import defaultdict
from itertools import pairwise
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.comparison import OWNER, compared_sessions, owner
from tests.frames import handoffs_frame, interactions_frame, lake_frame, timeouts_frame
from tests.reference import QUARTER_HOUR, Conversation
from tests.running import frames_of, instant, referenced, sessionized
from tests.strategies import FEWER, Log, logs
from transforms.copies import resolve_copies
from transforms.fragments import fragments_of, merged
from transforms.sessions import Sessions, sessionize

TABLES = ("conversations", "billing_sessions", "voice_sessions", "rejected_handoffs", "unmatched_legs")
PLACE = ("arrival_day", "file", "line")
Dice = random.Random
dices = st.randoms(use_true_random=False)
Span = tuple[int, int]
Block = tuple[int, int, bool]
"""Start, end, and whether it is the last of its conversation."""
BOUNDS = [pl.col(name).dt.epoch("ms") for name in ("started_at", "ended_at")]


def assert_same_sessions(left: Sessions, right: Sessions) -> None:
    """Equal but for the order of rows and the places from which they came."""
    for table in TABLES:
        one, other = (getattr(each, table).drop(PLACE, strict=False) for each in (left, right))
        assert_frame_equal(one.sort(pl.all()), other.sort(pl.all()))


def cut(rows: list[dict[str, Any]], dice: Dice) -> list[list[dict[str, Any]]]:
    """The rows in up to four files, in any order, each with a name of its own."""
    files: list[list[dict[str, Any]]] = [[] for _ in range(dice.randint(1, 4))]
    for row in dice.sample(rows, len(rows)):
        file = dice.randrange(len(files))
        files[file].append({**row, "file": f"part-{file}", "line": len(files[file]) + 1})
    return files


@FEWER
@given(logs(), dices)
def test_any_split_into_files_in_any_order_gives_the_same_sessions(log: Log, dice: Dice) -> None:
    interactions = pl.concat([interactions_frame(rows) for rows in cut(log.rows, dice)])
    handoffs = pl.concat([handoffs_frame(legs) for legs in cut(log.legs, dice)])
    assert_same_sessions(sessionized(log, interactions, handoffs), sessionized(log, *frames_of(log)))


@FEWER
@given(logs(), dices)
def test_rows_that_do_not_come_in_the_lakes_order_give_the_same_sessions(log: Log, dice: Dice) -> None:
    frames = frames_of(log)
    shuffled = [frame[dice.sample(range(frame.height), frame.height)] for frame in frames]
    assert_same_sessions(sessionized(log, *shuffled), sessionized(log, *frames))


@FEWER
@given(logs(), st.integers(2, 5))
def test_any_split_of_the_keys_over_workers_gives_the_same_sessions(log: Log, workers: int) -> None:
    whole = frames_of(log)
    parts = [
        sessionized(log, *(frame.filter(pl.col("key") % workers == worker) for frame in whole))
        for worker in range(workers)
    ]
    joined = Sessions(*(pl.concat([getattr(part, table) for part in parts]) for table in TABLES))
    assert_same_sessions(joined, sessionized(log, *whole))


@FEWER
@given(logs())
def test_a_second_run_gives_identical_frames_in_the_same_order(log: Log) -> None:
    first, second = (sessionized(log, *frames_of(log)) for _ in range(2))
    for table in TABLES:
        assert_frame_equal(getattr(first, table), getattr(second, table))


@FEWER
@given(logs())
def test_fragments_that_are_merged_with_themselves_give_the_same_sessions(log: Log) -> None:
    fragments = fragments_of(*(frame.lazy() for frame in frames_of(log)))
    given = (timeouts_frame(log.timeouts), log.rules, instant(log.watermark_ms))
    assert_same_sessions(sessionize(merged([fragments, fragments]), *given), sessionize(fragments, *given))


@FEWER
@given(logs(), dices)
def test_copies_of_any_rows_change_nothing_but_the_count_of_copies(log: Log, dice: Dice) -> None:
    """R18: identical copies, and older versions that differ, of any rows and legs."""
    again = []
    for stream, rows in (("interactions", log.rows), ("handoffs", log.legs)):
        newest = [{**row, "modified_at": 1} for row in rows]
        twice = [row for row in newest for _ in range(dice.choice([0, 0, 1, 2]))]
        older = [{**row, "modified_at": None, "user_id": "nobody"} for row in rows if dice.random() < 0.3]
        delivered = newest + twice + older
        winners, copies = resolve_copies(lake_frame(dice.sample(delivered, len(delivered)), stream), stream)
        counts = copies.select(pl.col("accepted", "duplicate", "superseded").sum())
        assert counts.row(0) == (len(rows), len(twice), len(older))
        again.append(winners)
    assert_same_sessions(sessionized(log, *again), sessionized(log, *frames_of(log)))


@FEWER
@given(logs())
def test_each_billable_millisecond_lies_in_exactly_one_block_of_its_conversation(log: Log) -> None:
    """R6, R8, R11: the billable time is worked out from the rows and the reference's legs."""
    blocks = blocks_by_owner(sessionized(log, *frames_of(log)))
    for owned, conversations in by_owner(referenced(log).conversations).items():
        billed = [billable_spans(c) for c in conversations if c.anchored_at is not None]
        expected = [span for spans in billed for span in spans]
        found = sorted(blocks.pop(owned, []))
        held = [overlap(start, end, expected) for start, end, _ in found]
        assert all(end <= start for (_, end, _), (start, _, _) in pairwise(found))
        assert sum(held) == sum(end - start for start, end in expected)
        for ms, (_, _, is_last) in zip(held, found, strict=True):
            assert ms == QUARTER_HOUR or (is_last and ms < QUARTER_HOUR)
        wholes = [sum(end - start for start, end in spans) for spans in billed]
        assert len(found) == sum(max(1, -(-whole // QUARTER_HOUR)) for whole in wholes)
    assert not blocks


def blocks_by_owner(sessions: Sessions) -> dict[tuple, list[Block]]:
    usage = sessions.billing_sessions.filter(pl.col("session_type") == "usage").with_columns(
        is_last=pl.col("block_index") == pl.col("block_index").max().over("conversation_id")
    )
    found: dict[tuple, list[Block]] = defaultdict(list)
    for *whose, start, end, is_last in usage.select(*OWNER, *BOUNDS, "is_last").iter_rows():
        found[tuple(whose)].append((start, end, is_last))
    return found


def by_owner(conversations: list[Conversation]) -> dict[tuple, list[Conversation]]:
    found: dict[tuple, list[Conversation]] = defaultdict(list)
    for c in conversations:
        found[owner(c)].append(c)
    return found


def billable_spans(c: Conversation) -> list[Span]:
    """From anchor to last activity outside legs, without the legs; the anchor is the reference's."""
    outside = [
        row["occurred_at"] for row in c.activities if not any(leg.holds(row["occurred_at"]) for leg in c.legs)
    ]
    spans, at, last = [], c.anchored_at or 0, max(outside)
    for start, end in sorted((leg.start, leg.ended_at) for leg in c.legs):
        if min(start, last) > at:
            spans.append((at, min(start, last)))
        at = max(at, end)
    return [*spans, (at, last)] if at < last else spans


def overlap(start: int, end: int, spans: list[Span]) -> int:
    return sum(max(0, min(end, right) - max(start, left)) for left, right in spans)


@FEWER
@given(logs())
def test_blocks_are_numbered_within_the_bounds_of_a_conversation_of_an_id_of_its_own(log: Log) -> None:
    sessions = sessionized(log, *frames_of(log))
    usage = sessions.billing_sessions.filter(pl.col("session_type") == "usage")
    assert sessions.conversations["conversation_id"].is_unique().all()
    for its in sessions.conversations.iter_rows(named=True):
        blocks = usage.filter(pl.col("conversation_id") == its["conversation_id"]).sort("block_index")
        bounds = list(blocks.select("started_at", "ended_at").iter_rows())
        assert blocks["block_index"].to_list() == list(range(its["billing_sessions"]))
        assert all(its["started_at"] <= start <= end <= its["ended_at"] for start, end in bounds)


@FEWER
@given(logs(), st.integers(0, 40 * 24 * 60))
def test_what_is_complete_stays_as_it_is_when_the_watermark_moves_on(log: Log, minutes: int) -> None:
    """R13: a later watermark completes conversations, and changes nothing else."""
    if log.watermark_ms is None:
        return
    later = Log(log.rows, log.legs, log.timeouts, log.rules, log.watermark_ms + minutes * 60_000)
    before, after = (compared_sessions(sessionized(each, *frames_of(each))) for each in (log, later))
    for table in ("conversations", "usage", "voice"):
        assert [row[:-1] for row in before[table]] == [row[:-1] for row in after[table]]
        assert all(new >= old for (*_, old), (*_, new) in zip(before[table], after[table], strict=True))
