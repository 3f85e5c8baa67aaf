"""A day's conversations: one row each, with everything that decides what their rows will be."""

from enum import IntEnum

import polars as pl

from orchestration.generator.randomness import Dice, looked_up
from orchestration.generator.rhythm import with_start
from orchestration.generator.shape import Shape
from orchestration.generator.world import Day, World

_ROWS_EACH = 5.0
_HANDOFF_ROWS = 4


class Handoff(IntEnum):
    """How the log tells of a handoff (R7)."""

    NONE = 0
    LOGGED = 1
    IN_ROWS = 2
    LOGGED_AND_IN_ROWS = 3
    IMPLIED = 4


_HANDOFF_SLOTS = pl.Series(
    [Handoff.LOGGED] * 13 + [Handoff.IN_ROWS] * 3 + [Handoff.LOGGED_AND_IN_ROWS] * 2 + [Handoff.IMPLIED] * 2,
    dtype=pl.UInt8,
)


def conversations_of(world: World, day: Day) -> pl.DataFrame:
    """Return conversations that start on one UTC day and together have the day's rows."""
    dice, shape = Dice(world.seed, "conversation"), world.shape
    frame = (
        pl.select(conversation=day.counter(int(day.rows / _ROWS_EACH * 1.3) + 64))
        .with_columns(
            lane=looked_up(world.slots, dice.below("lane", len(world.slots)).cast(pl.UInt32)),
            is_api=dice.happens("api", shape.api_share),
            has_handoff=dice.happens("handoff", shape.handoff_share),
        )
        .with_columns(rows=_row_count(dice, shape, max(8, day.rows // 10)))
        .with_columns(first_row=pl.col("rows").cum_sum() - pl.col("rows"))
        .filter(pl.col("first_row") < day.rows)
        .with_columns(rows=pl.min_horizontal("rows", day.rows - pl.col("first_row")))
    )
    started = with_start(_with_lane(frame, world.lanes), dice, day.start_ms, shape.burst_share)
    return _with_details(started, dice, shape)


def _row_count(dice: Dice, shape: Shape, most: int) -> pl.Expr:
    """Mean about five, median three, and a Pareto tail."""
    ordinary = 1 + dice.exponential("rows", 3.7)
    heavy = (15.0 * (1.0 - dice.unit("heavy rows")) ** -0.8).clip(upper_bound=shape.heavy_rows_most)
    count = pl.when(dice.happens("heavy", shape.heavy_share)).then(heavy).otherwise(ordinary)
    with_handoff = count + pl.when("has_handoff").then(_HANDOFF_ROWS).otherwise(0)
    return pl.when("is_api").then(1.0).otherwise(with_handoff.clip(upper_bound=most)).cast(pl.Int64)


def _with_lane(frame: pl.DataFrame, lanes: pl.DataFrame) -> pl.DataFrame:
    wanted = ["timeout_ms", "session_share", "pace_ms", "resolution_ms", "is_voice", "opened_ms"]
    wanted += ["offset_ms", "users", "linked_lane"]
    return frame.with_columns(looked_up(lanes[name], pl.col("lane")).alias(name) for name in wanted)


def _with_details(frame: pl.DataFrame, dice: Dice, shape: Shape) -> pl.DataFrame:
    session_share = pl.col("session_share") if shape.session_share is None else pl.lit(shape.session_share)
    has_handoff = pl.col("has_handoff") & ~pl.col("is_api") & (pl.col("rows") >= _HANDOFF_ROWS)
    way = looked_up(_HANDOFF_SLOTS, dice.below("way", len(_HANDOFF_SLOTS)).cast(pl.UInt32))
    leg_from = dice.below("leg from", pl.col("rows") - 3)
    details = frame.with_columns(
        # A cube of the draw: a few users talk all day long, most of them once a month.
        user=(pl.col("users") * dice.unit("user") ** 3).floor().cast(pl.Int64),
        has_session=dice.happens("session", session_share),
        is_test=dice.happens("test", shape.test_share),
        handoff=pl.when(has_handoff).then(way).otherwise(pl.lit(Handoff.NONE, dtype=pl.UInt8)),
        leg_from=pl.when(has_handoff).then(leg_from),
        is_abandoned=dice.happens("abandoned", 0.12),
        has_end=~dice.happens("no end", 0.06),
        queue_ms=dice.exponential("queue", 70_000.0).cast(pl.Int64),
        tempo=0.3 + dice.exponential("tempo", 0.7),
        ending=dice.unit("ending"),
    )
    moves = pl.col("has_session") & (pl.col("rows") >= 4) & dice.happens("moves", 0.05)
    agent_rows = 2 + dice.below("leg rows", pl.col("rows") - pl.col("leg_from") - 1)
    return details.with_columns(
        leg_to=pl.col("leg_from") + agent_rows,
        moves_at=pl.when(moves & (pl.col("linked_lane") != pl.col("lane"))).then(pl.col("rows") // 2),
    ).drop("users", "session_share", "has_handoff")
