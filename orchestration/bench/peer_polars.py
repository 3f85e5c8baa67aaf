"""Rows to blocks as a page of Polars says it: sort all rows, shift and count over each key, group."""

from typing import Any

import polars as pl

from orchestration.bench.answers import ANSWER, BLOCK_MS, NEEDED, TIMEOUT_MS
from transforms.marks import APP, RESET, USER


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """Reads `files`, writes `out`."""
    mark = pl.col("mark")
    rows = (
        pl.scan_parquet(arguments["files"])
        .select(NEEDED)
        .filter(mark.is_in([USER, APP, RESET]))
        .with_columns(is_reset=mark == RESET, is_user=mark == USER, at=pl.col("occurred_at").dt.epoch("ms"))
        .sort("key", "at", "is_reset")
    )
    is_new = (pl.col("at").diff() > TIMEOUT_MS) | pl.col("is_reset").shift(1)
    conversations = (
        rows.with_columns(conversation=is_new.fill_null(value=False).cum_sum().over("key"))
        .group_by("key", "conversation")
        .agg(
            pl.col("account_id", "app_id", "channel", "user_id", "session_id").first(),
            first_at=pl.col("at").filter(~pl.col("is_reset")).min(),
            last_at=pl.col("at").filter(~pl.col("is_reset")).max(),
            has_user=pl.col("is_user").any(),
        )
        .filter("has_user")
    )
    blocks = pl.max_horizontal(1, (pl.col("last_at") - pl.col("first_at") + BLOCK_MS - 1) // BLOCK_MS)
    start = pl.col("first_at") + pl.col("block_index") * BLOCK_MS
    (
        conversations.with_columns(block_index=pl.int_ranges(0, blocks))
        .explode("block_index")
        .with_columns(
            started_at=pl.from_epoch(start, "ms").dt.replace_time_zone("UTC"),
            ended_at=pl.from_epoch(pl.min_horizontal(start + BLOCK_MS, "last_at"), "ms").dt.replace_time_zone(
                "UTC"
            ),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in ANSWER.items())
        .sink_parquet(arguments["out"], compression="zstd", compression_level=1)
    )
    return {}
