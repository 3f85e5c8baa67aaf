"""The dirt of the demo: files and rows as they should not be, each broken in one known way (R20)."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_MEGABYTE = 1 << 20

Row = dict[str, object]


@dataclass(frozen=True)
class ExtraFile:
    """One file to be laid among the clean ones."""

    stream: str
    day: date
    name: str
    content: bytes


def _good_rows(day: date, name: str, count: int) -> list[Row]:
    """Rows that nothing is wrong with: messages of user and app in turn, two minutes apart."""
    noon = datetime.combine(day, time(12), UTC)
    return [
        {
            "event_id": f"{name}-{i}",
            "account_id": "aurora",
            "app_id": "aurora-chat",
            "user_id": f"{name}-user-{i // 20}",
            "channel": "web",
            "occurred_at": (noon + timedelta(minutes=2 * i)).isoformat(),
            "actor": ("user", "app")[i % 2],
            "kind": "message",
        }
        for i in range(count)
    ]


def _lines(rows: list[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _refused_rows(day: date) -> bytes:
    """Rows that each break one rule of the contract, after two good ones."""
    flaws: list[Row] = [
        {"actor": "robot"},
        {"kind": "shrug"},
        {"event_id": None},
        {"account_id": ""},
        {"occurred_at": "yesterday at noon"},
        {"occurred_at": f"{day}T12:00:00"},
        {"occurred_at": f"{day + timedelta(days=9)}T12:00:00Z"},
        {"actor": "user", "kind": "greeting"},
        {"user_id": None},
    ]
    good = _good_rows(day, "refused", 2 + len(flaws))
    rows = good[:2] + [{**row, **flaw} for row, flaw in zip(good[2:], flaws, strict=True)]
    return _lines(rows) + b'this is not JSON\n["a", "list"]\n'


def _epoch_rows(day: date) -> bytes:
    """Good rows whose times are epoch milliseconds, with columns that no contract knows."""
    rows = _good_rows(day, "epoch", 40)
    for row in rows:
        instant = datetime.fromisoformat(str(row["occurred_at"]))
        row["occurred_at"] = int(instant.timestamp()) * 1000
        row |= {"language": "en", "nlu": {"intent": "baggage", "alternatives": ["seat", None]}}
    return _lines(rows)


def _handoff_rows(day: date) -> bytes:
    """Legs: one fine, one that ends before it starts, one that nothing else is known of."""
    noon = datetime.combine(day, time(12), UTC)

    def leg(name: str, ends_after_s: int) -> Row:
        return {
            "leg_id": name,
            "account_id": "aurora",
            "app_id": "aurora-chat",
            "user_id": "dirty-legs-user-0",
            "channel": "web",
            "transferred_at": (noon + timedelta(minutes=3)).isoformat(),
            "ended_at": (noon + timedelta(minutes=3, seconds=ends_after_s)).isoformat(),
        }

    unknown = {**leg("leg-unmatched", 60), "user_id": "nobody"}
    return _lines([leg("leg-fine", 60), leg("leg-backwards", -60), unknown])


def _alert_rows(day: date) -> bytes:
    rows: list[Row] = [
        {
            "delivery_id": f"stray-{i}",
            "account_id": "aurora",
            "app_id": "aurora-chat",
            "user_id": f"stray-user-{i}",
            "delivered_at": f"{day}T08:00:00Z",
            "status": "delivered",
            "kind": "alert",
        }
        for i in range(5)
    ]
    return _lines(rows)


def dirty_files(first_day: date) -> Iterator[ExtraFile]:
    """Yield the dirt, one kind a day."""

    def day(number: int) -> date:
        return first_day + timedelta(days=number)

    def interactions(number: int, name: str, content: bytes) -> ExtraFile:
        return ExtraFile("interactions", day(number), name, content)

    squeezed = gzip.compress(_lines(_good_rows(day(9), "truncated", 300)), mtime=0)
    yield interactions(9, "truncated.jsonl.gz", squeezed[: len(squeezed) * 7 // 10])
    half = _lines(_good_rows(day(10), "half", 30))
    yield interactions(10, "half-written.jsonl", half[:-60])
    broken = _lines(_good_rows(day(11), "latin", 30)).replace(b"latin-user-1", b"latin-\xff\xfe-1", 1)
    yield interactions(11, "latin-1.jsonl", broken)
    yield interactions(12, "empty.jsonl", b"")
    yield interactions(13, "alerts-by-mistake.jsonl", _alert_rows(day(13)))
    yield interactions(14, "refused.jsonl", _refused_rows(day(14)))
    long_line: list[Row] = [{**row, "debug": "x" * _MEGABYTE} for row in _good_rows(day(15), "long", 1)]
    yield interactions(15, "long-line.jsonl", _lines([*long_line, *_good_rows(day(15), "after-long", 10)]))
    yield interactions(16, "epoch.jsonl", _epoch_rows(day(16)))
    yield interactions(17, "dirty-legs.jsonl", _lines(_good_rows(day(17), "dirty-legs", 6)))
    yield ExtraFile("handoffs", day(17), "dirty-legs.jsonl", _handoff_rows(day(17)))
    yield ExtraFile("alerts", day(18), "torn.parquet", b"PAR1" + bytes(range(256)))
