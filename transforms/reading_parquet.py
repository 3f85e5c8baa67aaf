"""Parquet as rows: each row is taken as the JSON line that it would have been (R20)."""

import io

import polars as pl

from transforms.contracts import Contract
from transforms.reading import Reading, rows_of, text_of
from transforms.reading_jsonl import read_jsonl

_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)
"""What Polars raises on a damaged file, a panic of its decoder included."""


def read_parquet(data: bytes, contract: Contract) -> Reading:
    """The rows of a Parquet file; one that cannot be decoded is refused as a single row."""
    if not data:
        return read_jsonl(data, contract)
    try:
        frame = pl.read_parquet(io.BytesIO(data), hive_partitioning=False)
        lines = frame.select(_as_json(column) for column in frame).write_ndjson()
    except _UNREADABLE:
        problem = "not a Parquet file that can be read"
        row: dict[str, object] = {"line": 1, "raw": f"<{len(data)} bytes>", "fault": problem}
        return Reading([rows_of([row], contract)], problem)
    return read_jsonl(lines.encode(), contract)


def _as_json(column: pl.Series) -> pl.Series:
    """A column as JSON can hold it: instants as ISO 8601 with zone, bytes as text."""
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is not None:
        return column.dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%dT%H:%M:%S%.9fZ")
    if column.dtype == pl.Binary:
        texts = [None if value is None else text_of(value) for value in column]
        return pl.Series(column.name, texts, pl.String)
    return column
