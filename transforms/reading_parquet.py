"""Parquet as rows: each row is taken as the JSON line that it would have been (R20)."""

import io

import polars as pl

from transforms.contracts import Contract
from transforms.limits import DEFAULTS, Limits, bytes_told
from transforms.reading import Reading, refused_whole, text_of
from transforms.reading_jsonl import read_jsonl

_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)
"""What Polars raises on a damaged file, a panic of its decoder included."""


_SHORT = 24
"""Bytes that a value other than a text takes as JSON, about."""


def read_parquet(data: bytes, contract: Contract, limits: Limits = DEFAULTS) -> Reading:
    """The rows of a Parquet file; one that cannot be decoded is refused as a single row."""
    if not data:
        return read_jsonl(data, contract)
    try:
        frame = pl.read_parquet(io.BytesIO(data), hive_partitioning=False)
        size = sum(_text_bytes(column) for column in frame)
        if size > limits.file_bytes:
            most = bytes_told(limits.file_bytes)
            told = f"the file holds {bytes_told(size)}; the setting largest_file takes {most}"
            return refused_whole(len(data), told, contract)
        lines = frame.select(_as_json(column) for column in frame).write_ndjson()
    except _UNREADABLE:
        return refused_whole(len(data), "not a Parquet file that can be read", contract)
    return read_jsonl(lines.encode(), contract, longest=limits.line_bytes)


def _text_bytes(column: pl.Series) -> int:
    """About how many bytes a column is as text: equal values stand once in the file, and often there."""
    kind = column.dtype
    if isinstance(kind, (pl.List, pl.Array)):
        return 2 * len(column) + _text_bytes(column.explode())
    if isinstance(kind, pl.Struct):
        return sum(_text_bytes(inner) for inner in column.struct.unnest())
    if kind == pl.Binary:
        return int(column.bin.size().sum() or 0)
    if isinstance(kind, (pl.Categorical, pl.Enum)):
        return int(column.cat.len_bytes().sum() or 0)
    if kind == pl.String:
        return int(column.str.len_bytes().cast(pl.Int64).sum() or 0)
    return _SHORT * len(column)


def _as_json(column: pl.Series) -> pl.Series:
    """A column as JSON can hold it: instants as ISO 8601 with zone, bytes as text."""
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is not None:
        return column.dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%dT%H:%M:%S%.9fZ")
    if column.dtype == pl.Binary:
        texts = [None if value is None else text_of(value) for value in column]
        return pl.Series(column.name, texts, pl.String)
    return column
