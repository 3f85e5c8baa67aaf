"""When rows arrive, and which arrive again: late, duplicate and superseded copies (R18, R19).

Each function returns a frame with `arrival` (days since the epoch), `modified_ms`, and `rank`: 0 for what
stands in its place in the day's file, 1 for what follows after it.
"""

import polars as pl

from orchestration.generator.alerts import DELIVERED, QUEUED
from orchestration.generator.catalogue import DAY_MS
from orchestration.generator.randomness import Dice
from orchestration.generator.world import Day, World

_LATE_DAYS = 20
_NO_TIME = pl.lit(None, dtype=pl.Int64)


def _day(instant: str | pl.Expr) -> pl.Expr:
    expression = pl.col(instant) if isinstance(instant, str) else instant
    return (expression // DAY_MS).cast(pl.Int32)


def _number(day: Day) -> pl.Expr:
    return pl.lit(day.number, dtype=pl.Int32)


def _again_day(dice: Dice) -> pl.Expr:
    """The day a second copy arrives: half of them the same day, in another file."""
    later = pl.when(dice.happens("again later", 0.5)).then(1 + dice.below("again days", 3)).otherwise(0)
    return pl.col("arrival") + later.cast(pl.Int32)


def _first_copies(frame: pl.DataFrame, dice: Dice, instant: str, world: World, day: Day) -> pl.DataFrame:
    delay = (1 + (_LATE_DAYS * dice.unit("late days") ** 3).floor()).cast(pl.Int32)
    is_late = dice.happens("late", world.shape.late_share)
    on_time = pl.max_horizontal(_day(instant), _number(day))
    return frame.with_columns(
        arrival=pl.when(is_late).then(on_time + delay).otherwise(on_time),
        modified_ms=_NO_TIME,
        rank=is_late.cast(pl.UInt8),
    )


def _identical(frame: pl.DataFrame, dice: Dice, share: float) -> pl.DataFrame:
    return frame.filter(dice.happens("duplicate", share)).with_columns(
        arrival=_again_day(dice), rank=pl.lit(1, dtype=pl.UInt8)
    )


def deliver_interactions(rows: pl.DataFrame, world: World, day: Day) -> pl.DataFrame:
    """Deliver interactions; a changed copy was written a second or two earlier than first said."""
    dice = Dice(world.seed, "row")
    first = _first_copies(rows, dice, "occurred_ms", world, day)
    corrected = pl.col("occurred_ms") - 1000 * (1 + dice.below("shift", 2))
    # Another day would be another row by R18, so a corrected row keeps its day.
    same_day = _day(corrected) == _day("occurred_ms")
    modified = pl.col("occurred_ms") + 60_000 + dice.below("modified", 2 * DAY_MS)
    changed = first.filter(dice.happens("superseded", world.shape.superseded_share)).with_columns(
        occurred_ms=pl.when(same_day).then(corrected).otherwise("occurred_ms"),
        modified_ms=modified,
        arrival=pl.max_horizontal("arrival", _day(modified)),
        rank=pl.lit(1, dtype=pl.UInt8),
    )
    return pl.concat([first, _identical(first, dice, world.shape.duplicate_share), changed])


def deliver_handoffs(legs: pl.DataFrame, world: World, day: Day) -> pl.DataFrame:
    """Deliver legs; some are sent when they open and again when they have ended."""
    dice = Dice(world.seed, "leg")
    final_day = pl.max_horizontal(_number(day), _day(pl.coalesce("ended_ms", "transferred_ms")))
    final = _first_copies(legs, dice, "transferred_ms", world, day).with_columns(
        arrival=pl.max_horizontal("arrival", final_day)
    )
    is_sent_twice = dice.happens("sent twice", 0.3) & pl.col("ended_ms").is_not_null()
    opening = legs.filter(is_sent_twice).with_columns(
        accepted_ms=_NO_TIME,
        ended_ms=_NO_TIME,
        arrival=pl.max_horizontal(_number(day), _day("transferred_ms")),
        modified_ms=pl.col("transferred_ms"),
        rank=pl.lit(0, dtype=pl.UInt8),
    )
    final = final.with_columns(modified_ms=pl.when(is_sent_twice).then("ended_ms").otherwise("modified_ms"))
    return pl.concat([final, opening, _identical(final, dice, world.shape.duplicate_share)], how="diagonal")


def deliver_alerts(alerts: pl.DataFrame, world: World, day: Day) -> pl.DataFrame:
    """Deliver alerts; half of the queued ones are confirmed as delivered by a second copy."""
    dice = Dice(world.seed, "delivery")
    first = _first_copies(alerts, dice, "delivered_ms", world, day)
    confirmed = first.filter((pl.col("status") == QUEUED) & pl.col("is_confirmed")).with_columns(
        status=pl.lit(DELIVERED, dtype=pl.UInt8),
        modified_ms=pl.col("delivered_ms") + 30_000,
        arrival=pl.max_horizontal("arrival", _day(pl.col("delivered_ms") + 30_000)),
        rank=pl.lit(1, dtype=pl.UInt8),
    )
    return pl.concat([first, confirmed, _identical(first, dice, 3 * world.shape.duplicate_share)])
