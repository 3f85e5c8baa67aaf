"""The alerts stream: campaigns and single notices, of every status and kind (R15)."""

import polars as pl

from orchestration.generator.randomness import Dice, looked_up
from orchestration.generator.rhythm import with_start
from orchestration.generator.world import Day, World

DELIVERED, QUEUED = 0, 2
STATUSES = ("delivered", "failed", "queued", "suppressed", "filtered")
KINDS = ("alert", "proactive")
NAMES = ("payment due", "order shipped", "appointment", "new offer", "card blocked", None)

_STATUS_SLOTS = pl.Series([0] * 34 + [1, 1, 2, 2, 3, 4], dtype=pl.UInt8)


def alerts_of(world: World, day: Day) -> pl.DataFrame:
    """Return a day's alerts.

    Columns: delivery, lane, user, delivered_ms, status, kind, name, has_channel, is_confirmed (a queued one
    that is delivered later).
    """
    dice = Dice(world.seed, "delivery")
    counter = day.counter(round(day.rows * world.shape.alert_share))
    frame = pl.select(delivery=counter).with_columns(
        lane=looked_up(world.slots, dice.below("lane", len(world.slots)).cast(pl.UInt32))
    )
    of_lane = frame.with_columns(
        looked_up(world.lanes[name], pl.col("lane")).alias(name)
        for name in ("offset_ms", "opened_ms", "users")
    )
    start = pl.col("start_ms")
    return with_start(of_lane, dice, day.start_ms, burst_share=0.6).select(
        "delivery",
        "lane",
        user=(pl.col("users") * dice.unit("user") ** 3).floor().cast(pl.Int64),
        # A campaign goes out at one instant for many users.
        delivered_ms=start - pl.when(dice.happens("campaign", 0.5)).then(start % 1000).otherwise(0),
        status=looked_up(_STATUS_SLOTS, dice.below("status", len(_STATUS_SLOTS)).cast(pl.UInt32)),
        kind=dice.happens("proactive", 0.2).cast(pl.UInt8),
        name=dice.below("name", len(NAMES)).cast(pl.UInt32),
        has_channel=dice.happens("has channel", 0.9),
        is_confirmed=dice.happens("confirmed", 0.5),
    )
