"""Plain rows into lake-shaped frames, and real logs from their JSONL."""

import gzip
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from transforms.contracts import contract_of, lake_schema
from transforms.keys import KEY_COLUMNS, in_key_order, with_keys

Row = dict[str, Any]

INSTANT = pl.Datetime("ms", "UTC")
SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Real logs lie beside the repository, where they are given; they are never committed."""

TIMEOUTS = {
    "account_id": pl.String,
    "app_id": pl.String,
    "effective_at": INSTANT,
    "inactivity_minutes": pl.Int64,
}


def interactions_frame(rows: Iterable[Row]) -> pl.DataFrame:
    """Interactions as the lake has them; times in the rows are integer milliseconds."""
    return lake_frame(rows, "interactions")


def handoffs_frame(rows: Iterable[Row]) -> pl.DataFrame:
    """The handoff log as the lake has it; times in the rows are integer milliseconds."""
    return lake_frame(rows, "handoffs")


def timeouts_frame(rows: Iterable[Row]) -> pl.DataFrame:
    """Timeouts as `sessions_of` takes them."""
    return typed(list(rows), TIMEOUTS)


def lake_frame(rows: Iterable[Row], stream: str) -> pl.DataFrame:
    """Rows with the columns that ingest adds: one file a day of arrival, which is the day of the row."""
    time = contract_of(stream).time_column
    placed = [{**provenance(row[time], line), **row} for line, row in enumerate(rows, start=1)]
    return in_lake_order(typed(placed, delivered_columns(stream)), stream)


def delivered_columns(stream: str) -> dict[str, Any]:
    """The columns of a lake's stream but those that keys and order add."""
    return {name: dtype for name, dtype in lake_schema(stream).items() if name not in KEY_COLUMNS}


def in_lake_order(frame: pl.DataFrame, stream: str) -> pl.DataFrame:
    """Clean rows as one lake file of their stream: keyed and in the order of keys, where it has keys."""
    if "key" in lake_schema(stream):
        frame = in_key_order(with_keys(frame), contract_of(stream).time_column)
    return frame.select(lake_schema(stream).names())


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
