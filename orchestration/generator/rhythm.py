"""When conversations start: by weekday, by hour, in bursts."""

from datetime import date, timedelta

import polars as pl

from orchestration.generator.catalogue import DAY_MS
from orchestration.generator.randomness import Dice, looked_up, unit_of

_HOUR_WEIGHTS = (2, 1, 1, 1, 1, 2, 4, 8, 14, 19, 21, 21, 18, 18, 20, 20, 19, 17, 15, 14, 13, 10, 7, 4)
_WEEKDAY_WEIGHTS = (1.1, 1.05, 1.0, 1.0, 0.95, 0.6, 0.5)
_QUANTILES = 1440
_BURSTS_A_DAY = 6
_BURST_SPREAD_MS = 40_000.0


def rows_by_day(events: int, days: int, first_day: date, seed: int) -> list[int]:
    """Split `events` over the days by weekday and chance; the parts add up exactly."""
    weights = [
        _WEEKDAY_WEIGHTS[(first_day + timedelta(days=i)).weekday()] * (0.9 + 0.2 * unit_of(seed, "day", i))
        for i in range(days)
    ]
    total = sum(weights)
    bounds = [round(events * sum(weights[: i + 1]) / total) for i in range(days)]
    return [after - before for before, after in zip([0, *bounds], bounds, strict=False)]


def _quantile_table() -> pl.Series:
    """Local time of day, in milliseconds, at each of the day's quantiles."""
    table: list[int] = []
    total, reached = sum(_HOUR_WEIGHTS), 0
    for hour, weight in enumerate(_HOUR_WEIGHTS):
        while len(table) <= _QUANTILES * (reached + weight) / total and len(table) <= _QUANTILES:
            into_hour = (len(table) * total / _QUANTILES - reached) / weight
            table.append(int((hour + into_hour) * DAY_MS / 24))
        reached += weight
    return pl.Series(table, dtype=pl.Int64)


_TIME_OF_DAY = _quantile_table()


def _local_time(quantile: str) -> pl.Expr:
    position = pl.col(quantile) * _QUANTILES
    slot = position.floor().cast(pl.UInt32)
    low, high = looked_up(_TIME_OF_DAY, slot), looked_up(_TIME_OF_DAY, slot + 1)
    return (low + (high - low) * (position - slot)).cast(pl.Int64)


def with_start(frame: pl.DataFrame, dice: Dice, day_ms: int, burst_share: float) -> pl.DataFrame:
    """Add `start_ms`, epoch milliseconds on a UTC day: diurnal in the lane's zone, some of them in bursts.

    Takes away `offset_ms` (of the lane's zone) and `opened_ms` (of its account). The steps are columns of
    their own: one nested expression would be planned for longer than it runs.
    """
    centers = pl.Series([unit_of(dice.seed, "burst", day_ms + i) for i in range(_BURSTS_A_DAY)])
    start, opened = pl.col("start_ms"), pl.col("opened_ms")
    return (
        frame.with_columns(
            is_burst=dice.happens("burst", burst_share),
            center=looked_up(centers, dice.below("burst number", _BURSTS_A_DAY).cast(pl.UInt32)),
            moment=dice.unit("time of day"),
            delay=dice.exponential("burst delay", _BURST_SPREAD_MS).cast(pl.Int64),
        )
        .with_columns(quantile=pl.when("is_burst").then("center").otherwise("moment"))
        .with_columns(start_ms=_local_time("quantile") + pl.when("is_burst").then("delay").otherwise(0))
        .with_columns(start_ms=(start - pl.col("offset_ms")) % DAY_MS + day_ms)
        # Nothing happens before the account exists: such starts move to its first morning.
        .with_columns(start_ms=pl.when(start < opened).then(start + DAY_MS // 4).otherwise(start))
        .drop("is_burst", "center", "moment", "delay", "quantile", "offset_ms", "opened_ms")
    )
