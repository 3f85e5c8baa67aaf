"""Plain rows into lake-shaped frames, and real logs from their JSONL."""

import gzip
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

Row = dict[str, Any]

INSTANT = pl.Datetime("ms", "UTC")
SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Real logs lie beside the repository, where they are given; they are never committed."""

PROVENANCE = {"extra": pl.String, "file": pl.String, "line": pl.Int64, "arrival_day": pl.Date}
INTERACTIONS = {
    "event_id": pl.String,
    "account_id": pl.String,
    "app_id": pl.String,
    "user_id": pl.String,
    "channel": pl.String,
    "session_id": pl.String,
    "occurred_at": INSTANT,
    "actor": pl.String,
    "kind": pl.String,
    "modified_at": INSTANT,
    **PROVENANCE,
}
HANDOFFS = {
    "leg_id": pl.String,
    "account_id": pl.String,
    "app_id": pl.String,
    "user_id": pl.String,
    "channel": pl.String,
    "session_id": pl.String,
    "transferred_at": INSTANT,
    "accepted_at": INSTANT,
    "ended_at": INSTANT,
    "agent_id": pl.String,
    "modified_at": INSTANT,
    **PROVENANCE,
}
TIMEOUTS = {
    "account_id": pl.String,
    "app_id": pl.String,
    "effective_at": INSTANT,
    "inactivity_minutes": pl.Int64,
}


def interactions_frame(rows: Iterable[Row]) -> pl.DataFrame:
    """Interactions as the lake has them; times in the rows are integer milliseconds."""
    return lake_frame(rows, INTERACTIONS, "occurred_at")


def handoffs_frame(rows: Iterable[Row]) -> pl.DataFrame:
    """The handoff log as the lake has it; times in the rows are integer milliseconds."""
    return lake_frame(rows, HANDOFFS, "transferred_at")


def timeouts_frame(rows: Iterable[Row]) -> pl.DataFrame:
    """Timeouts as `sessions_of` takes them."""
    return typed(list(rows), TIMEOUTS)


def lake_frame(rows: Iterable[Row], schema: dict[str, Any], time: str) -> pl.DataFrame:
    """Rows with the columns that ingest adds: one file a day of arrival, which is the day of the row."""
    return typed([{**provenance(row[time], line), **row} for line, row in enumerate(rows, start=1)], schema)


def provenance(at: int, line: int) -> Row:
    day = datetime.fromtimestamp(at // 1000, UTC).date()
    return {"file": f"{day}/part-0.jsonl.gz", "line": line, "arrival_day": day}


def typed(rows: list[Row], schema: dict[str, Any]) -> pl.DataFrame:
    """A frame of exactly these columns; absent ones are null, instants come as integer milliseconds."""
    columns = {name: [row.get(name) for row in rows] for name in schema}
    series = [
        pl.Series(name, values, dtype=pl.Int64 if dtype == INSTANT else dtype).cast(dtype)
        for (name, values), dtype in zip(columns.items(), schema.values(), strict=True)
    ]
    return pl.DataFrame(series)


def milliseconds(at: datetime | None) -> int | None:
    """An instant of a frame as the reference has it, without a float on the way."""
    if at is None:
        return None
    since = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def read_landing(stream: Path, times: tuple[str, ...]) -> list[Row]:
    """All rows of a landing stream but those of testers (R2), with times in milliseconds."""
    rows = []
    for path in sorted(stream.glob("*/*.jsonl.gz")):
        day = path.parent.name
        arrived = {"file": f"{stream.name}/{day}/{path.name}", "arrival_day": date.fromisoformat(day)}
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                row = json.loads(line)
                if row.pop("is_test", False):
                    continue
                row["session_id"] = row.get("session_id") or None
                row |= {time: milliseconds(instant(row.get(time))) for time in times}
                rows.append({**row, **arrived, "line": number})
    return rows


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
