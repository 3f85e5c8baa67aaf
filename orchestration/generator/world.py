"""What every step of the generator knows: the lanes, the shape, the seed, and which day it is."""

from dataclasses import dataclass

import polars as pl

from orchestration.generator.catalogue import DAY_MS
from orchestration.generator.shape import Shape


@dataclass(frozen=True)
class World:
    """The same for all days; `slots` draws a lane in proportion to its traffic."""

    lanes: pl.DataFrame
    slots: pl.Series
    shape: Shape
    seed: int
    first_day: int
    """UTC days count from the epoch."""
    days: int

    @property
    def last_day(self) -> int:
        """The last day of which there are logs."""
        return self.first_day + self.days - 1

    @property
    def end_ms(self) -> int:
        """The instant after the last day: nothing later has happened yet."""
        return (self.first_day + self.days) * DAY_MS


@dataclass(frozen=True)
class Day:
    """One UTC day to be made; `rows` interactions start on it."""

    index: int
    number: int
    rows: int

    @property
    def start_ms(self) -> int:
        """Epoch milliseconds of 00:00 UTC."""
        return self.number * DAY_MS

    def counter(self, count: int) -> pl.Expr:
        """A column of numbers that no other day has."""
        return pl.int_range(count, dtype=pl.UInt64) + pl.lit(self.index << 32, dtype=pl.UInt64)
