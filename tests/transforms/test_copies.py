"""Which copy of a row counts (R18), whatever the order of files and rows (R19)."""

import hashlib
import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.transforms.deliveries import VALID, parsed
from transforms.contracts import Copies, lake_schema
from transforms.copies import resolve_copies
from transforms.keys import KEY_COLUMNS

DAY = date(2024, 3, 1)
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
ROW: dict[str, Any] = {
    "event_id": "e1",
    "account_id": "acme",
    "app_id": "bot",
    "user_id": "u1",
    "channel": "web",
    "occurred_at": NOON,
    "actor": "user",
    "kind": "message",
    "file": "a",
    "line": 1,
    "arrival_day": DAY,
}


def frame(*changes: dict[str, Any]) -> pl.DataFrame:
    schema = lake_schema("interactions")
    rows = [ROW | change for change in changes]
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in schema}, schema=schema)


def outcome(*changes: dict[str, Any]) -> tuple[list[tuple[str, int]], dict[str, tuple[int, int, int]]]:
    """The places of the winners, and by file what was accepted, duplicate and superseded."""
    winners, copies = resolve_copies(frame(*changes), "interactions")
    counts = copies.group_by("file").agg(pl.col("accepted", "duplicate", "superseded").sum())
    return winners.select("file", "line").rows(), {
        file: tuple(rest) for file, *rest in counts.sort("file").rows()
    }


def test_rows_without_copies_all_count() -> None:
    rows = frame({}, {"event_id": "e2"}, {"account_id": "other"})
    winners, copies = resolve_copies(rows, "interactions")
    assert_frame_equal(winners, rows)
    assert copies.select("account_id", "accepted", "duplicate", "superseded").rows() == [
        ("acme", 2, 0, 0),
        ("other", 1, 0, 0),
    ]
    assert Copies.is_valid(copies)


def test_of_identical_copies_the_first_to_arrive_counts() -> None:
    later = {"arrival_day": DAY + timedelta(days=1), "file": "0", "line": 1}
    assert outcome(later, {"line": 9}, {"line": 2}) == ([("a", 2)], {"0": (0, 1, 0), "a": (1, 1, 0)})


def test_the_latest_modified_copy_wins_and_no_time_is_the_oldest() -> None:
    old = {"user_id": "old", "modified_at": NOON, "line": 1}
    new = {"user_id": "new", "modified_at": NOON + timedelta(milliseconds=1), "line": 2}
    never = {"user_id": "never", "line": 3}
    assert outcome(old, new, never) == ([("a", 2)], {"a": (1, 0, 2)})
    assert outcome(old, never) == ([("a", 1)], {"a": (1, 0, 1)})


def test_an_identical_copy_of_a_loser_is_a_duplicate() -> None:
    new = {"modified_at": NOON, "line": 5}
    assert outcome({"line": 1}, {"line": 2}, new, new | {"line": 6}) == ([("a", 5)], {"a": (1, 2, 1)})


def test_without_times_of_change_the_winner_is_always_the_same() -> None:
    first, second = {"user_id": "u1", "line": 1}, {"user_id": "u2", "line": 2}
    winners = {tuple(outcome(*order)[0]) for order in [(first, second), (second, first)]}
    assert len(winners) == 1
    swapped = resolve_copies(frame(first | {"line": 2}, second | {"line": 1}), "interactions")[0]
    assert (
        swapped["user_id"].to_list()
        == resolve_copies(frame(first, second), "interactions")[0]["user_id"].to_list()
    )


def test_an_id_on_two_days_is_two_rows() -> None:
    winners, copies = resolve_copies(frame({}, {"occurred_at": NOON + timedelta(days=1)}), "interactions")
    assert len(winners) == 2
    assert copies["event_day"].to_list() == [DAY, DAY + timedelta(days=1)]


def test_unknown_columns_are_content() -> None:
    assert outcome({"extra": '{"a":1}'}, {"line": 2})[1] == {"a": (1, 0, 1)}


@pytest.mark.parametrize("stream", ["interactions", "handoffs", "alerts", "account_events"])
def test_no_rows_give_empty_tables(stream: str) -> None:
    winners, copies = resolve_copies(lake_schema(stream).to_frame(), stream)
    assert winners.schema == lake_schema(stream)
    assert copies.is_empty()
    assert Copies.is_valid(copies)


VARIANT: dict[str, st.SearchStrategy[Any]] = {
    "event_id": st.sampled_from(["e1", "e2", "e3"]),
    "account_id": st.sampled_from(["acme", "other"]),
    "user_id": st.sampled_from(["u1", "u2"]),
    "session_id": st.sampled_from([None, "s"]),
    "modified_at": st.sampled_from([None, NOON, NOON + timedelta(hours=1)]),
    "occurred_at": st.sampled_from([NOON, NOON + timedelta(minutes=1), NOON + timedelta(days=1)]),
    "arrival_day": st.sampled_from([None, DAY, DAY + timedelta(days=1)]),
    "file": st.sampled_from(["a", "b"]),
}
VARIANTS = st.fixed_dictionaries(VARIANT)


@settings(max_examples=50, deadline=None)
@given(variants=st.lists(VARIANTS, max_size=14), seed=st.integers(0, 1_000))
def test_the_outcome_is_independent_of_order_and_every_row_has_one(
    variants: list[dict[str, Any]], seed: int
) -> None:
    rows = [variant | {"line": number} for number, variant in enumerate(variants, start=1)]
    winners, copies = resolve_copies(frame(*rows), "interactions")
    shuffled = random.Random(seed).sample(rows, len(rows))
    other_winners, other_copies = resolve_copies(frame(*shuffled), "interactions")
    assert_frame_equal(winners, other_winners, check_row_order=False)
    assert_frame_equal(copies, other_copies)
    assert copies.select(pl.sum_horizontal("accepted", "duplicate", "superseded").sum()).item() == len(rows)
    keys = {(row["account_id"], row["event_id"], row["occurred_at"].date()) for row in rows}
    assert len(winners) == len(keys) == copies["accepted"].sum()
    again, tally = resolve_copies(winners, "interactions")
    assert_frame_equal(again, winners)
    assert tally["accepted"].sum() == len(winners)


@settings(max_examples=50, deadline=None)
@given(variants=st.lists(VARIANTS, min_size=1, max_size=10))
def test_each_loser_is_superseded_once_per_content_and_its_copies_are_duplicates(
    variants: list[dict[str, Any]],
) -> None:
    rows = [variant | {"line": number} for number, variant in enumerate(variants, start=1)]
    copies = resolve_copies(frame(*rows), "interactions")[1]
    keys = {(row["account_id"], row["event_id"], row["occurred_at"].date()) for row in rows}
    content_columns = sorted(set(VARIANT) - {"file", "arrival_day"})
    contents = {tuple(row[name] for name in content_columns) for row in rows}
    assert copies["superseded"].sum() == len(contents) - len(keys)
    assert copies["duplicate"].sum() == len(rows) - len(contents)


def content_hash(row: dict[str, Any]) -> str:
    """R18's hash, written down a second time: a change of it would change which copies were billed."""
    content = {name: row.get(name) for name in lake_schema("interactions")} | {
        "event_day": row["occurred_at"].date()
    }
    for name in ("file", "line", "arrival_day", *KEY_COLUMNS):
        del content[name]
    plain = {
        name: value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value
        for name, value in content.items()
    }
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def rank(row: dict[str, Any]) -> tuple[str, str]:
    """The hash of the content with a mark for the person, and where that is the same, the person."""
    marks = {name: "\0" for name in ("user_id", "session_id") if row.get(name) == row["user_id"]}
    return content_hash(row | marks), row["user_id"]


def expected_winner(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """R18 row by row: the latest change, then the smallest rank; among identical ones the first to arrive."""
    latest = max(row["modified_at"].timestamp() if row["modified_at"] else float("-inf") for row in rows)
    newest = [
        row
        for row in rows
        if (row["modified_at"].timestamp() if row["modified_at"] else float("-inf")) == latest
    ]
    smallest = min(rank(ROW | row) for row in newest)
    same = [row for row in newest if rank(ROW | row) == smallest]
    return min(same, key=lambda row: (row["arrival_day"] or date.min, row["file"], row["line"]))


@settings(max_examples=40, deadline=None)
@given(variants=st.lists(VARIANTS, min_size=1, max_size=10))
def test_the_winners_are_those_of_the_rule_told_row_by_row(variants: list[dict[str, Any]]) -> None:
    rows = [variant | {"line": number} for number, variant in enumerate(variants, start=1)]
    by_key: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        by_key.setdefault((row["account_id"], row["event_id"], row["occurred_at"].date()), []).append(row)
    winners = resolve_copies(frame(*rows), "interactions")[0]
    assert set(winners["line"]) == {expected_winner(copies)["line"] for copies in by_key.values()}


def test_equally_late_copies_are_told_apart_by_the_smallest_hash_of_their_content() -> None:
    rivals = [ROW | {"user_id": f"u{number}", "modified_at": NOON, "line": number} for number in range(1, 6)]
    winner = min(rivals, key=content_hash)
    assert outcome(*rivals) == ([("a", winner["line"])], {"a": (1, 0, 4)})


def test_the_content_hash_does_not_change_from_version_to_version() -> None:
    expected = "e123a18f1b72b05d1588ad7246ba5f20f75056fa15de2d61193664c46e4949bb"
    assert content_hash(ROW) == expected


def test_rows_are_counted_by_event_day_file_and_account() -> None:
    rows: list[dict[str, Any]] = [
        {},
        {"line": 2},
        {"file": "b"},
        {"account_id": "other"},
        {"occurred_at": NOON + timedelta(days=1)},
    ]
    copies = resolve_copies(frame(*rows), "interactions")[1]
    counted = copies.select("event_day", "file", "account_id", "accepted", "duplicate", "superseded").rows()
    assert counted == [
        (DAY, "a", "acme", 1, 1, 0),
        (DAY, "a", "other", 1, 0, 0),
        (DAY, "b", "acme", 0, 1, 0),
        (DAY + timedelta(days=1), "a", "acme", 1, 0, 0),
    ]


@pytest.mark.parametrize("stream", ["interactions", "handoffs", "alerts", "account_events"])
def test_every_stream_is_settled_by_its_own_id_and_time(stream: str) -> None:
    accepted = parsed(stream, VALID[stream], VALID[stream]).accepted
    winners, copies = resolve_copies(accepted, stream)
    assert winners["line"].to_list() == [1]
    assert copies.select("stream", "event_day", "accepted", "duplicate").rows() == [(stream, DAY, 1, 1)]
