"""One answer for all: the columns that every engine gives, and whether two engines gave the same rows."""

from pathlib import Path

import polars as pl

ANSWER = pl.Schema(
    [
        *((name, pl.String()) for name in ("account_id", "app_id", "channel", "user_id", "session_id")),
        ("key", pl.UInt64()),
        ("block_index", pl.Int32()),
        ("started_at", pl.Datetime("ms", "UTC")),
        ("ended_at", pl.Datetime("ms", "UTC")),
    ]
)
"""One row per block (R11)."""
NEEDED = ["account_id", "app_id", "channel", "user_id", "session_id", "key", "occurred_at", "mark"]
"""The columns of lake/interactions that the answer takes."""
TIMEOUT_MS, BLOCK_MS = 15 * 60 * 1000, 15 * 60 * 1000
"""R3's default, which all apps of these logs have, and R8's quarter of an hour."""


def read_answer(path: Path) -> pl.DataFrame:
    """An engine's result, a file or a folder of them, as `ANSWER`, in one order."""
    source = f"{path}/**/*.parquet" if path.is_dir() else path
    rows = pl.scan_parquet(source)
    names = rows.collect_schema().names()
    if "key" not in names:  # our tables carry it in the id of the conversation
        rows = rows.with_columns(key=pl.col("conversation_id").str.split("-").list.first())
    if "session_type" in names:
        rows = rows.filter(pl.col("session_type") == "usage")
    return rows.select(_as(name, dtype) for name, dtype in ANSWER.items()).collect().sort(ANSWER.names())


def _as(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        # Some engines write local time in UTC without a zone: the instants are the same.
        return column.dt.replace_time_zone("UTC").cast(dtype)
    return column.cast(dtype)


def differing_rows(ours: pl.DataFrame, theirs: pl.DataFrame) -> int:
    """How many rows one of two answers has and the other has not."""
    if ours.equals(theirs):
        return 0
    marked = [ours.with_columns(count=pl.lit(1)), theirs.with_columns(count=pl.lit(-1))]
    sums = pl.concat(marked).group_by(ANSWER.names()).agg(pl.col("count").sum())
    return int(sums["count"].abs().sum())
