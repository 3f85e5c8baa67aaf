"""Random numbers that depend on a seed, a name and a counter, and on nothing else.

Each draw is splitmix64 of its counter, so a column of draws is one Polars expression, a row can be drawn
without the rows before it, and the same seed gives the same bytes on every machine.
"""

import zlib
from dataclasses import dataclass

import polars as pl

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15
_MIX_A = 0xBF58476D1CE4E5B9
_MIX_B = 0x94D049BB133111EB


def _u64(value: int) -> pl.Expr:
    return pl.lit(value, dtype=pl.UInt64)


def mixed(value: int) -> int:
    """Return splitmix64 of one integer."""
    z = (value * _STEP) & _MASK
    z = ((z ^ (z >> 30)) * _MIX_A) & _MASK
    z = ((z ^ (z >> 27)) * _MIX_B) & _MASK
    return z ^ (z >> 31)


def _mixed_column(value: pl.Expr) -> pl.Expr:
    # Polars multiplies unsigned integers modulo 2**64, which is what splitmix64 asks for; it has no shift.
    z = value * _u64(_STEP)
    z = (z ^ (z // _u64(1 << 30))) * _u64(_MIX_A)
    z = (z ^ (z // _u64(1 << 27))) * _u64(_MIX_B)
    return z ^ (z // _u64(1 << 31))


@dataclass(frozen=True)
class Dice:
    """Draws for the rows of a frame; `counter` names the UInt64 column that tells the rows apart."""

    seed: int
    counter: str

    def _offset(self, name: str) -> int:
        return mixed(mixed(self.seed & _MASK) ^ zlib.crc32(f"{self.counter}:{name}".encode()))

    def bits(self, name: str) -> pl.Expr:
        """64 random bits; different counters never give the same ones under one name."""
        return _mixed_column(pl.col(self.counter) + _u64(self._offset(name)))

    def unit(self, name: str) -> pl.Expr:
        """A float in [0, 1)."""
        return (self.bits(name) // _u64(1 << 11)).cast(pl.Float64) * 2.0**-53

    def happens(self, name: str, share: float | pl.Expr) -> pl.Expr:
        """True for about `share` of the rows."""
        return self.unit(name) < share

    def below(self, name: str, bound: int | pl.Expr) -> pl.Expr:
        """An integer in [0, bound)."""
        return (self.unit(name) * bound).floor().cast(pl.Int64)

    def exponential(self, name: str, mean: float | pl.Expr) -> pl.Expr:
        """A waiting time with the given mean."""
        return -(1.0 - self.unit(name)).log() * mean


def unit_of(seed: int, name: str, counter: int) -> float:
    """One float in [0, 1) outside a frame."""
    offset = Dice(seed, "scalar")._offset(name)
    return (mixed((counter + offset) & _MASK) >> 11) * 2.0**-53


def looked_up(table: pl.Series, index: pl.Expr) -> pl.Expr:
    """The value of `table` at each row's index."""
    return pl.lit(table).gather(index)
