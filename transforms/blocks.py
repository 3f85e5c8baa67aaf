"""Billing sessions of a conversation: billable time, the paused clock, blocks (R6 to R11, R14)."""

import polars as pl

from transforms.rules import BLOCK_MS, Rules


def with_billable(
    conversations: pl.DataFrame, legs: pl.DataFrame, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Conversations with `anchored_at`, `billable_ms` and `blocks`, and the pauses of their clocks.

    A conversation without a user message outside every leg has no block and no anchor (R10). `legs` has
    `conversation, start_at, end_at`, where conversation is the `source` of `conversations`. Pauses:
    conversation, offset_ms (billable ms before the pause), paused_ms (length of this and all earlier pauses).
    """
    anchor = "first_at" if rules.anchor == "first_activity" else "first_user_at"
    is_interactive = pl.col("first_user_at").is_not_null()
    anchored = conversations.with_columns(pl.when(is_interactive).then(anchor).alias("anchored_at"))
    pauses = _pauses(anchored, legs)
    paused = pauses.group_by("conversation").agg(pl.col("paused_ms").max().alias("total_paused_ms"))
    billable = pl.col("last_at") - pl.col("anchored_at") - pl.col("total_paused_ms").fill_null(0)
    return (
        anchored.join(paused, on="conversation", how="left", maintain_order="left")
        .with_columns(billable.fill_null(0).alias("billable_ms"))
        .with_columns(pl.when(is_interactive).then(_blocks("billable_ms")).otherwise(0).alias("blocks"))
        .drop("total_paused_ms"),
        pauses,
    )


def _blocks(duration_ms: str) -> pl.Expr:
    """R8: `max(1, ceil(ms / 900 000))`, in integers."""
    return pl.max_horizontal(pl.lit(1, pl.Int64), (pl.col(duration_ms) + BLOCK_MS - 1) // BLOCK_MS)


def _pauses(anchored: pl.DataFrame, legs: pl.DataFrame) -> pl.DataFrame:
    """The union of the legs of each conversation, clipped to its billable span (R6)."""
    spans = anchored.filter(pl.col("anchored_at").is_not_null() & pl.col("source").is_not_null()).select(
        "conversation", "source", "anchored_at", "last_at"
    )
    clipped = (
        legs.rename({"conversation": "source"})
        .join(spans, on="source")
        .with_columns(
            pl.max_horizontal("start_at", "anchored_at").alias("start_at"),
            pl.min_horizontal("end_at", "last_at").alias("end_at"),
        )
        .filter(pl.col("end_at") > pl.col("start_at"))
        .sort("conversation", "start_at", "end_at")
    )
    reach = pl.col("end_at").cum_max().over("conversation").shift(1)
    is_new = (pl.col("conversation") != pl.col("conversation").shift(1)) | (pl.col("start_at") > reach)
    union = (
        clipped.with_columns(is_new.fill_null(value=True).cum_sum().alias("pause"))
        .group_by("pause", maintain_order=True)
        .agg(pl.col("conversation", "anchored_at", "start_at").first(), pl.col("end_at").max())
        .with_columns(
            (pl.col("end_at") - pl.col("start_at")).cum_sum().over("conversation").alias("paused_ms")
        )
    )
    paused_before = pl.col("paused_ms") - (pl.col("end_at") - pl.col("start_at"))
    return union.select(
        "conversation",
        (pl.col("start_at") - pl.col("anchored_at") - paused_before).alias("offset_ms"),
        "paused_ms",
    )


def usage_blocks(conversations: pl.DataFrame, pauses: pl.DataFrame) -> pl.DataFrame:
    """R11: one row per block, `conversation, block_index, started_at, ended_at` (ms), in that order.

    A block starts after the pause that falls on its first minute and ends before the one on its last.
    """
    cut = _cut(conversations, "anchored_at", "billable_ms")
    if pauses.is_empty():
        return cut.select(*BLOCK_COLUMNS)
    is_paused = pl.col("conversation").is_in(pauses["conversation"].unique().implode())
    shifted = _shifted(cut.filter(is_paused), pauses)
    return pl.concat([cut.filter(~is_paused).select(BLOCK_COLUMNS), shifted]).sort(
        "conversation", "block_index"
    )


BLOCK_COLUMNS = ("conversation", "block_index", "started_at", "ended_at")


def _cut(conversations: pl.DataFrame, start: str, duration_ms: str) -> pl.DataFrame:
    """Blocks of a clock that never stands, with `from_ms` and `to_ms`, their bounds on that clock."""
    rows = conversations.select("conversation", start, duration_ms, "blocks")
    of_row = pl.int_range(pl.len(), dtype=pl.UInt32).repeat_by("blocks").explode(empty_as_null=False)
    owner = rows.select(of_row).to_series()
    first = rows.select(pl.col("blocks").cum_sum() - pl.col("blocks")).to_series().gather(owner)
    cut = rows[owner].with_columns(block_index=pl.int_range(pl.len(), dtype=pl.Int64) - first)
    return cut.with_columns(
        from_ms=pl.col("block_index") * BLOCK_MS,
        to_ms=pl.min_horizontal((pl.col("block_index") + 1) * BLOCK_MS, duration_ms),
    ).with_columns(started_at=pl.col(start) + pl.col("from_ms"), ended_at=pl.col(start) + pl.col("to_ms"))


def _shifted(cut: pl.DataFrame, pauses: pl.DataFrame) -> pl.DataFrame:
    """Blocks later by as long as the clock stood until their bounds."""
    paused_at_start = pl.when(pl.col("billable_ms") > 0).then("paused_before_from_ms").otherwise(0)
    return (
        cut.pipe(_with_paused, "from_ms", pauses, is_pause_at_instant_over=True)
        .pipe(_with_paused, "to_ms", pauses, is_pause_at_instant_over=False)
        .with_columns(
            started_at=pl.col("started_at") + paused_at_start,
            ended_at=pl.col("ended_at") + pl.col("paused_before_to_ms"),
        )
        .select(BLOCK_COLUMNS)
    )


def _with_paused(
    blocks: pl.DataFrame, offset: str, pauses: pl.DataFrame, *, is_pause_at_instant_over: bool
) -> pl.DataFrame:
    """Adds `paused_before_<offset>`: how long the clock stood until that billable instant."""
    return (
        blocks.sort(offset)
        .join_asof(
            pauses.sort("offset_ms"), left_on=offset, right_on="offset_ms", by="conversation",
            strategy="backward", allow_exact_matches=is_pause_at_instant_over, check_sortedness=False,
        )
        .with_columns(pl.col("paused_ms").fill_null(0).alias(f"paused_before_{offset}"))
        .drop("paused_ms", "offset_ms", strict=False)
    )  # fmt: skip


def voice_blocks(conversations: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """R14: blocks of whole calls, human-agent time included; as `usage_blocks`, without pauses."""
    is_call = pl.col("channel").is_in(list(rules.voice_channels)) & (
        pl.col("has_user") | pl.col("has_accepted_leg")
    )
    calls = (
        conversations.filter(is_call)
        .with_columns((pl.col("ended_at") - pl.col("started_at")).alias("call_ms"))
        .with_columns(_blocks("call_ms").alias("blocks"))
    )
    return _cut(calls, "started_at", "call_ms").select(BLOCK_COLUMNS)
