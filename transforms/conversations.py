"""Conversations (R3 to R7): activity and legs of a key, parted by resets and by silence.

The general case: keys with human-agent time, and apps whose timeout changes. What needs neither is counted by
`plain_conversations`.
"""

import polars as pl

from transforms.marks import AGENT, APP, END, RESET, START, SYSTEM, USER

ELEMENTS = pl.Schema(
    {
        "key": pl.UInt64,
        "segment": pl.Int64,
        "start_at": pl.Int64,
        "end_at": pl.Int64,
        "first_user_at": pl.Int64,
    }
    | {"is_leg": pl.Boolean, "is_logged": pl.Boolean, "is_accepted": pl.Boolean, "is_end_inside": pl.Boolean}
    | {"who": pl.UInt64, "source_id": pl.String, "since_at": pl.Int64}
)
"""What a conversation is made of: stretches of activity, and legs cut at the resets (`since_at` is where the
whole leg starts). A segment is the time
between two resets; the instant of a reset belongs to the segment that it ends (R4)."""


def elements_of(
    stretches: pl.DataFrame, rows: pl.DataFrame, legs: pl.DataFrame, resets: pl.DataFrame
) -> pl.DataFrame:
    """`ELEMENTS` of plain keys (stretches) and of careful keys (rows and legs)."""
    return pl.concat(
        [_plain_elements(stretches, resets), _activity_elements(rows, resets), _leg_elements(legs, resets)]
    )


def resets_of(rows: pl.DataFrame, stretches: pl.DataFrame) -> pl.DataFrame:
    """The resets of each key, `key, reset_at, number` (from 1)."""
    of_rows = rows.filter(pl.col("mark") == RESET).select("key", pl.col("at").alias("reset_at"))
    of_stretches = stretches.filter("is_reset").select("key", pl.col("first_at").alias("reset_at"))
    return (
        pl.concat([of_rows, of_stretches])
        .unique()
        .sort("key", "reset_at")
        .with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("key").alias("number"))
    )


def _plain_elements(stretches: pl.DataFrame, resets: pl.DataFrame) -> pl.DataFrame:
    activity = _with_segment(
        stretches.filter(~pl.col("is_reset")), "first_at", resets, is_at_reset_after=False
    )
    return _as_elements(
        activity,
        segment=pl.col("segment"),
        start_at=pl.col("first_at"),
        end_at=pl.col("last_at"),
        first_user_at=pl.col("first_user_at"),
        source_id=pl.lit(""),
    )


def _activity_elements(rows: pl.DataFrame, resets: pl.DataFrame) -> pl.DataFrame:
    activity = _with_segment(
        rows.filter(pl.col("mark").is_in([USER, APP])), "at", resets, is_at_reset_after=False
    )
    return _as_elements(
        activity,
        segment=pl.col("segment"),
        start_at=pl.col("at"),
        end_at=pl.col("at"),
        first_user_at=pl.when(pl.col("mark") == USER).then("at"),
        source_id=pl.col("event_id"),
    )


def _leg_elements(legs: pl.DataFrame, resets: pl.DataFrame) -> pl.DataFrame:
    """Legs cut at the resets inside them; a row at the cut is still inside (R7)."""
    from_segment = _with_segment(legs, "start_at", resets, is_at_reset_after=True)
    cut = (
        _with_segment(
            from_segment.rename({"segment": "first_segment"}), "end_at", resets, is_at_reset_after=False
        )
        .with_columns(pl.max_horizontal("segment", "first_segment").alias("last_segment"))
        .with_columns(pl.int_ranges("first_segment", pl.col("last_segment") + 1).alias("segment"))
        .explode("segment")
        .join(resets, left_on=["key", "segment"], right_on=["key", "number"], how="left")
        .rename({"reset_at": "opened_at"})
        .with_columns((pl.col("segment") + 1).alias("next_number"))
        .join(resets, left_on=["key", "next_number"], right_on=["key", "number"], how="left")
    )
    is_first, is_last = (
        pl.col("segment") == pl.col("first_segment"),
        pl.col("segment") == pl.col("last_segment"),
    )
    return _as_elements(
        cut,
        segment=pl.col("segment"),
        start_at=pl.when(is_first).then("start_at").otherwise("opened_at"),
        end_at=pl.when(is_last).then("end_at").otherwise("reset_at"),
        first_user_at=pl.lit(None),
        source_id=pl.col("leg_id"),
        since_at=pl.col("start_at"),
        is_leg=pl.lit(value=True),
        is_logged=pl.col("is_logged"),
        is_accepted=pl.col("is_accepted"),
        is_end_inside=pl.col("is_end_inside") | ~is_last,
    )


def _as_elements(frame: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    no = pl.lit(value=False)
    defaults = {"is_leg": no, "is_logged": no, "is_accepted": no, "is_end_inside": no}
    given = defaults | {"since_at": columns["start_at"]} | columns
    return frame.select(
        given.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in ELEMENTS.items()
    )


def _with_segment(
    frame: pl.DataFrame, at: str, resets: pl.DataFrame, *, is_at_reset_after: bool
) -> pl.DataFrame:
    """`segment`: how many resets of the key lie before `at`; a reset at `at` itself only if so told."""
    numbers = resets.select("key", pl.col("reset_at").alias("_at"), pl.col("number").alias("segment")).sort(
        "_at"
    )
    return (
        frame.sort(at)
        .join_asof(
            numbers, left_on=at, right_on="_at", by="key", strategy="backward",
            allow_exact_matches=is_at_reset_after, check_sortedness=False, coalesce=True,
        )
        .with_columns(pl.col("segment").fill_null(0))
        .drop("_at", strict=False)
    )  # fmt: skip


def number_conversations(elements: pl.DataFrame) -> pl.DataFrame:
    """Elements in order, with `conversation` (a number through all keys) and `timeout_ms` kept.

    A conversation ends at a reset or where nothing happens for longer than the timeout; a leg is not a gap
    (R3). Elements carry `timeout_ms`.
    """
    ordered = elements.sort("key", "segment", "start_at", "is_leg", ~pl.col("is_logged"), "source_id")
    is_first = (
        (pl.col("key") != pl.col("key").shift(1)) | (pl.col("segment") != pl.col("segment").shift(1))
    ).fill_null(value=True)
    ordered = ordered.with_columns(is_first.alias("is_first")).with_columns(
        pl.col("is_first").cum_sum().alias("part")
    )
    busy_until = pl.col("end_at").cum_max().over("part").shift(1)
    is_new = pl.col("is_first") | (pl.col("start_at") - busy_until > pl.col("timeout_ms"))
    return ordered.with_columns(is_new.cum_sum().cast(pl.Int64).alias("conversation")).drop(
        "is_first", "part"
    )


def chains(numbered: pl.DataFrame) -> pl.DataFrame:
    """The bounds of each conversation's chain: `conversation, chain_started_at, chain_ended_at`.

    A leg that goes on after a reset leaves no time between its parts (R7).
    """
    spans = (
        numbered.group_by("conversation")
        .agg(pl.col("key").first(), pl.col("start_at").min(), pl.col("end_at").max())
        .sort("conversation")
    )
    goes_on = (pl.col("key") == pl.col("key").shift(1)) & (pl.col("start_at") == pl.col("end_at").shift(1))
    return (
        spans.with_columns((~goes_on.fill_null(value=False)).cum_sum().alias("chain"))
        .with_columns(
            pl.col("start_at").min().over("chain").alias("chain_started_at"),
            pl.col("end_at").max().over("chain").alias("chain_ended_at"),
        )
        .select("conversation", "chain_started_at", "chain_ended_at")
    )


def without_lonely_legs(numbered: pl.DataFrame, rows: pl.DataFrame, resets: pl.DataFrame) -> pl.DataFrame:
    """Elements but for conversations of logged legs alone, into which no row falls (R7)."""
    spans = numbered.group_by("conversation", maintain_order=True).agg(
        pl.col("key", "segment", "start_at").first(),
        pl.col("end_at").max(),
        (pl.col("is_leg") & pl.col("is_logged")).all().alias("is_lonely"),
    )
    lonely = spans.filter("is_lonely").drop("is_lonely")
    if lonely.is_empty():
        return numbered
    witnesses = _with_segment(
        rows.filter(pl.col("mark").is_in([AGENT, SYSTEM, START, END])).select("key", "at"),
        "at",
        resets,
        is_at_reset_after=False,
    )
    witnessed = (
        witnesses.sort("at")
        .join_asof(
            lonely.sort("start_at"), left_on="at", right_on="start_at", by=["key", "segment"],
            strategy="backward", check_sortedness=False,
        )
        .filter(pl.col("at") <= pl.col("end_at"))
    )  # fmt: skip
    dropped = lonely.join(witnessed, on="conversation", how="anti")
    return numbered.join(dropped, on="conversation", how="anti")


def with_inside(numbered: pl.DataFrame) -> pl.DataFrame:
    """Adds `is_outside`: activity outside every human-agent leg; at a leg's bound it is outside (R6, R7)."""
    legs = numbered.filter("is_leg").select(
        "conversation",
        "start_at",
        (2 * pl.col("end_at") + pl.col("is_end_inside").cast(pl.Int64)).alias("reach"),
    )
    reach = (
        legs.sort("conversation", "start_at")
        .with_columns(pl.col("reach").cum_max().over("conversation"))
        .rename({"start_at": "leg_at"})
        .sort("leg_at")
    )
    return (
        numbered.sort("start_at")
        .join_asof(
            reach, left_on="start_at", right_on="leg_at", by="conversation", strategy="backward",
            allow_exact_matches=False, check_sortedness=False,
        )
        .with_columns(
            (~pl.col("is_leg") & (pl.col("reach") <= 2 * pl.col("start_at")).fill_null(value=True)).alias(
                "is_outside"
            )
        )
        .drop("reach", "leg_at", strict=False)
        .sort("conversation", "start_at", "is_leg", ~pl.col("is_logged"), "source_id")
    )  # fmt: skip


def summed_up(elements: pl.DataFrame, resets: pl.DataFrame) -> pl.DataFrame:
    """One row per conversation: span, whose it is, its outside activity, and how it ended.

    Columns: key, who, conversation, timeout_ms, started_at, ended_at, first_at, first_user_at, last_at (of
    the activity outside legs; null without any), has_user, has_accepted_leg, is_reset (R4). Times in ms.
    """
    outside = pl.col("is_outside")
    # The first leg is the one that began first, even where a reset has cut its beginning off.
    whose = elements.sort("conversation", "is_leg", "since_at", ~pl.col("is_logged"), "source_id")
    summary = whose.group_by("conversation", maintain_order=True).agg(
        pl.col("key", "segment", "timeout_ms", "who").first(),
        pl.col("start_at").min().alias("started_at"),
        pl.col("end_at").max().alias("ended_at"),
        pl.when(outside).then("start_at").min().alias("first_at"),
        pl.when(outside).then("first_user_at").min().alias("first_user_at"),
        pl.when(outside).then("end_at").max().alias("last_at"),
        pl.col("first_user_at").is_not_null().any().alias("has_user"),
        (pl.col("is_leg") & pl.col("is_accepted")).any().alias("has_accepted_leg"),
    )
    is_last = (pl.col("key") != pl.col("key").shift(-1)) | (pl.col("segment") != pl.col("segment").shift(-1))
    return (
        summary.with_columns(
            is_last.fill_null(value=True).alias("is_last"), (pl.col("segment") + 1).alias("_")
        )
        .join(resets, left_on=["key", "_"], right_on=["key", "number"], how="left", maintain_order="left")
        .with_columns(
            (pl.col("is_last") & (pl.col("reset_at") - pl.col("ended_at") <= pl.col("timeout_ms")))
            .fill_null(value=False)
            .alias("is_reset")
        )
        .drop("is_last", "_", "reset_at", "segment")
    )
