"""Rows as they are delivered, and short ways to have them parsed."""

import json
from datetime import date
from typing import Any

from transforms.parsing import Format, ParsedFile, parse_file

ARRIVAL = date(2024, 3, 2)
FILE = "interactions/2024-03-02/part-0.jsonl"

VALID: dict[str, dict[str, Any]] = {
    "interactions": {
        "event_id": "e1",
        "account_id": "acme",
        "app_id": "bot",
        "user_id": "u1",
        "channel": "web",
        "session_id": "s1",
        "occurred_at": "2024-03-01T10:00:00.000Z",
        "actor": "user",
        "kind": "message",
        "is_test": False,
    },
    "handoffs": {
        "leg_id": "l1",
        "account_id": "acme",
        "app_id": "bot",
        "user_id": "u1",
        "channel": "web",
        "transferred_at": "2024-03-01T10:00:00.000Z",
        "ended_at": "2024-03-01T10:05:00.000Z",
    },
    "alerts": {
        "delivery_id": "d1",
        "account_id": "acme",
        "app_id": "bot",
        "user_id": "u1",
        "delivered_at": "2024-03-01T10:00:00.000Z",
        "status": "delivered",
        "kind": "alert",
    },
    "account_events": {
        "event_id": "a1",
        "account_id": "acme",
        "occurred_at": "2024-03-01T10:00:00.000Z",
        "type": "zone_set",
        "zone": "Asia/Jerusalem",
    },
}


def message(**changes: Any) -> dict[str, Any]:
    """A valid interaction with some columns changed; a column set to ... is left out."""
    return changed("interactions", **changes)


def changed(stream: str, **changes: Any) -> dict[str, Any]:
    row = VALID[stream] | changes
    return {name: value for name, value in row.items() if value is not ...}


def jsonl(*rows: dict[str, Any] | str | bytes) -> bytes:
    lines = [json.dumps(row) if isinstance(row, dict) else row for row in rows]
    return b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines)


def parsed(
    stream: str, *rows: dict[str, Any] | str | bytes, arrival_day: date | None = ARRIVAL
) -> ParsedFile:
    return parse(jsonl(*rows), stream=stream, arrival_day=arrival_day)


def parse(
    data: bytes,
    fmt: Format = "jsonl",
    stream: str = "interactions",
    arrival_day: date | None = ARRIVAL,
    problem: str | None = None,
) -> ParsedFile:
    """Parse, and hold the identity of R20 against the result: nothing vanishes, whatever the file."""
    result = parse_file(data, fmt, stream, arrival_day, FILE, problem=problem)
    accepted = dict(result.accepted.group_by("account_id").len().iter_rows())
    for line in result.files.iter_rows(named=True):
        kept = accepted.pop(line["account_id"], 0) + line["excluded"] + line["quarantined"]
        assert line["rows"] == kept, line
    assert accepted == {}
    assert result.files["quarantined"].sum() == len(result.quarantine)
    return result


def reason(stream: str, row: dict[str, Any] | str | bytes) -> str:
    """The reason against a row that is delivered alone beside a good one."""
    result = parsed(stream, VALID[stream], row)
    assert result.accepted["line"].to_list() == [1]
    assert result.quarantine["line"].to_list() == [2]
    return str(result.quarantine["reason"][0])
