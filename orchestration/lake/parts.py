"""What the lake holds of an event day's rows: a part for each arrival day, raw or settled.

Retention settles the rows of an arrival day: what is counted of them moves to `lake/settled`, the rest goes
(`orchestration/privacy/retention.py`). A settled arrival day is committed by its file in `settled/files`,
which tells how often it was settled; before that its settled rows do not count, and after it the raw rows
that they were made of do not. So whenever a run dies, each row stands once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from orchestration.lake import VERSION, Lake
from transforms.contracts import Files, Quarantine, lake_schema, schema_of
from transforms.copies import FINGERPRINT, SET_ASIDE

SETTLED = "settled"
"""The folder of all that is left of dropped raw rows; with `landing/` it is what a rebuild needs."""
STREAMS = ("interactions", "handoffs", "alerts")
"""The streams whose rows can be settled; the book of the accounts is never dropped."""
TIMES = "quarterhour.times_settled"
"""Key in the metadata of a file in `settled/files`."""
SETTLED_FILES = pl.Schema(schema_of(Files))
SETTLED_FILES.update(dropped_at=pl.Datetime("ms", "UTC"), bytes=pl.Int64(), sha256=pl.String())
"""`files` of what was dropped, with when, and what the file was: by it a copy elsewhere can be told."""


@dataclass(frozen=True)
class Part:
    """Rows of an event day that arrived on one day; `name` is theirs for ever, raw or settled."""

    name: str
    path: Path
    version: str
    is_settled: bool


def settled_schema(stream: str) -> pl.Schema:
    """Columns of settled rows."""
    kept = {name: dtype for name, dtype in lake_schema(stream).items() if name not in SET_ASIDE}
    return pl.Schema({**kept, **FINGERPRINT})


def settled_file(lake: Lake, kind: str, stream: str, arrival_day: date) -> Path:
    """Where the settled `files` or `quarantine` of an arrival day lie."""
    return lake.file(SETTLED, kind, stream, arrival_day)


def settled_rows_file(lake: Lake, stream: str, day: date, arrival_day: date, number: int) -> Path:
    """Where the rows of an event day lie that the numbered settling of an arrival day left."""
    return lake.file(SETTLED, "rows", stream, day, _name(arrival_day, number))


def settled_files(lake: Lake, stream: str, arrival_day: date) -> pl.DataFrame:
    """`SETTLED_FILES` of an arrival day."""
    path = settled_file(lake, "files", stream, arrival_day)
    return pl.read_parquet(path) if path.exists() else SETTLED_FILES.to_frame()


def settled_quarantine(lake: Lake, stream: str, arrival_day: date) -> pl.DataFrame:
    """The refused rows of dropped files, without their text."""
    path = settled_file(lake, "quarantine", stream, arrival_day)
    return pl.read_parquet(path) if path.exists() else schema_of(Quarantine).to_frame()


def times_settled(lake: Lake, stream: str, arrival_day: date) -> int:
    """How often an arrival day has been settled: more than once where files came to it later."""
    return int(lake.note(settled_file(lake, "files", stream, arrival_day), TIMES) or 0)


def settled_arrivals(lake: Lake, stream: str) -> list[date]:
    """The arrival days of a stream that have been settled, ascending."""
    return lake.days(SETTLED, "files", stream)


def days_of_rows(lake: Lake, stream: str) -> list[date]:
    """The event days that a stream has rows of, ascending."""
    return sorted({*lake.days(stream), *lake.days(SETTLED, "rows", stream)})


def settled_raw(lake: Lake, stream: str, arrival_day: date) -> list[Path]:
    """Raw rows of an arrival day that are settled, and were to be removed when a retention died."""
    raw = (lake.root / stream).glob(f"????-??-??/{arrival_day}.parquet")
    count = {
        path
        for path in raw
        if path not in {part.path for part in parts_of(lake, stream, date.fromisoformat(path.parent.name))}
    }
    return sorted(count)


def parts_of(lake: Lake, stream: str, day: date) -> list[Part]:
    """The parts of a stream's event day that count, by name."""
    raw = lake.arrivals(stream, day)
    folder = lake.root / SETTLED / "rows" / stream / str(day)
    if not folder.is_dir():
        return [Part(path.name, path, lake.note(path, VERSION) or "", False) for path in raw]
    parts = []
    for path in sorted(folder.glob("????-??-??*.parquet")):
        arrival_day, number = _arrival(path)
        if number < times_settled(lake, stream, arrival_day):
            parts.append(Part(path.name, path, lake.note(path, VERSION) or "", True))
    gone = {(_arrival(part.path)[0], part.version) for part in parts}
    for path in raw:
        arrival_day, version = _arrival(path)[0], lake.note(path, VERSION) or ""
        if (arrival_day, version) not in gone:
            name = _name(arrival_day, times_settled(lake, stream, arrival_day)) + ".parquet"
            parts.append(Part(name, path, version, False))
    return sorted(parts, key=lambda part: part.name)


def scan_parts(parts: Sequence[Part], stream: str) -> pl.LazyFrame:
    """The rows of parts as `lake_schema`; with the columns of `FINGERPRINT` where some are settled."""
    raw = [part.path for part in parts if not part.is_settled]
    if len(raw) == len(parts):
        return pl.scan_parquet(raw) if raw else lake_schema(stream).to_frame().lazy()
    columns = [*lake_schema(stream).names(), *FINGERPRINT]
    absent = {**lake_schema(stream), **FINGERPRINT}
    return pl.concat(
        pl.scan_parquet(part.path)
        .with_columns(
            pl.lit(None, absent[name]).alias(name)
            for name in (SET_ASIDE if part.is_settled else FINGERPRINT)
            if name in absent
        )
        .select(columns)
        for part in parts
    )


def rows_of_day(lake: Lake, stream: str, day: date) -> pl.LazyFrame:
    """Every valid copy of an event day, of all arrival days, as `lake_schema`."""
    return scan_parts(parts_of(lake, stream, day), stream).select(lake_schema(stream).names())


def _name(arrival_day: date, number: int) -> str:
    return f"{arrival_day}+{number}" if number else str(arrival_day)


def _arrival(path: Path) -> tuple[date, int]:
    day, _, number = path.name.removesuffix(".parquet").partition("+")
    return date.fromisoformat(day), int(number or 0)
