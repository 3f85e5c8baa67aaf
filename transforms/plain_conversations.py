"""Conversations of stretches (R3, R4): no human agent, one timeout. Nearly all are such.

Stretches in order are compared with the one before, and that is all: no grouping, no join.
"""

import polars as pl

from transforms.fragments import in_key_order
from transforms.runs import runs_of

SUMMARY = pl.Schema(
    {"key": pl.UInt64, "who": pl.UInt64, "timeout_ms": pl.Int64, "started_at": pl.Int64, "ended_at": pl.Int64}
    | {"first_at": pl.Int64, "first_user_at": pl.Int64, "last_at": pl.Int64}
    | {"has_user": pl.Boolean, "has_accepted_leg": pl.Boolean, "is_reset": pl.Boolean}
    | {"chain_started_at": pl.Int64, "chain_ended_at": pl.Int64, "ordinal": pl.Int64}
)
"""One row per conversation, times in ms: its span, the first and last activity outside legs, how it ended,
the bounds of its chain, and its number among those of its key that start at one instant."""


def plain_conversations(stretches: pl.DataFrame) -> pl.DataFrame:
    """`SUMMARY` of `STRETCHES` that carry `timeout_ms`, by key and start."""
    ordered = in_key_order(stretches, "first_at", pl.col("is_reset"))
    same_key = pl.col("key") == pl.col("key").shift(1)
    gap = pl.col("first_at") - _busy_until(ordered).shift(1)
    continues = same_key & (gap <= pl.col("timeout_ms")) & ~pl.col("is_reset") & ~pl.col("is_reset").shift(1)
    runs = runs_of(ordered.select(~continues.fill_null(value=False)).to_series())
    begun = ordered[runs.first]
    told = begun.select(
        "key",
        "who",
        "timeout_ms",
        "is_reset",
        pl.col("first_at").alias("started_at"),
        _busy_until(ordered).gather(runs.last).alias("ended_at"),
        runs.earliest(ordered["first_user_at"], ordered["first_user_at"].is_not_null()).alias(
            "first_user_at"
        ),
    )
    # The run behind a conversation is the reset that ended it, where one did before the timeout.
    is_ended = (
        (pl.col("key") == pl.col("key").shift(-1))
        & pl.col("is_reset").shift(-1)
        & (pl.col("started_at").shift(-1) - pl.col("ended_at") <= pl.col("timeout_ms"))
    ).fill_null(value=False)
    return (
        told.with_columns(is_ended=is_ended)
        .filter(~pl.col("is_reset"))
        .with_columns(
            is_reset="is_ended",
            first_at="started_at",
            last_at="ended_at",
            has_user=pl.col("first_user_at").is_not_null(),
            has_accepted_leg=pl.lit(value=False),
            chain_started_at="started_at",
            chain_ended_at="ended_at",
            ordinal=pl.lit(0, pl.Int64),
        )
        .select(SUMMARY.names())
    )


def _busy_until(ordered: pl.DataFrame) -> pl.Series:
    """The end of each stretch, or of an earlier one of its key that reaches further.

    Stretches of a key overlap only where parts of one day were merged.
    """
    same_key = pl.col("key") == pl.col("key").shift(1)
    overlaps = same_key & (pl.col("last_at") < pl.col("last_at").shift(1))
    if ordered.select(overlaps.any()).item():
        return ordered.select(pl.col("last_at").cum_max().over("key")).to_series()
    return ordered["last_at"]
