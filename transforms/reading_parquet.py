"""Parquet as rows: each row is taken as the JSON line that it would have been (R20)."""

import io

import polars as pl

from transforms.contracts import Contract
from transforms.reading import Reading, problems, rows_of
from transforms.reading_jsonl import read_jsonl

_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)
"""What Polars raises on a damaged file, a panic of its decoder included."""


def read_parquet(data: bytes, contract: Contract) -> Reading:
    """The rows of a Parquet file; one that cannot be decoded is refused as a single row."""
    if not data:
        return read_jsonl(data, contract)
    try:
        frame = pl.read_parquet(io.BytesIO(data), hive_partitioning=False)
        lines = frame.select(_as_json(name, dtype) for name, dtype in frame.schema.items()).write_ndjson()
    except _UNREADABLE:
        problem = "not a Parquet file that can be read"
        row: dict[str, object] = {"line": 1, "raw": f"<{len(data)} bytes>", "fault": problem}
        return Reading(rows_of([row], contract), problem)
    reading = read_jsonl(lines.encode(), contract)
    return Reading(reading.rows, problems(reading.problem))


def _as_json(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column as JSON can hold it: instants as ISO 8601 with zone, bytes as text."""
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        return column.dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%dT%H:%M:%S%.9fZ")
    if dtype == pl.Binary:
        return pl.coalesce(column.cast(pl.String, strict=False), column.bin.encode("hex"))
    return column
