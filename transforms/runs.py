"""Runs of rows that follow each other: what they begin and end with, told without grouping."""

from dataclasses import dataclass

import polars as pl

ROW = pl.UInt32


@dataclass(frozen=True)
class Runs:
    """The first and the last row of each run, as row numbers of the frame that was cut into runs."""

    first: pl.Series
    last: pl.Series

    def rows(self) -> pl.Series:
        """How many rows each run has."""
        return (self.last - self.first + 1).cast(pl.Int64)

    def earliest(self, values: pl.Series, among: pl.Series) -> pl.Series:
        """The first value of each run among the rows of a mask; null for a run without such a row."""
        rows = among.arg_true().cast(ROW)
        if not len(rows):
            return pl.Series(values.name, [None], values.dtype).new_from_index(0, len(self.first))
        before = (among.cum_sum() - among.cast(ROW)).gather(self.first)
        found = rows.gather(before.clip(upper_bound=len(rows) - 1))
        in_run = (found >= self.first) & (found <= self.last)
        return values.gather(found).set(~in_run, None)


def runs_of(is_first: pl.Series) -> Runs:
    """Runs of a frame by a mask of their first rows; the very first row begins one in any case."""
    first = is_first.arg_true().cast(ROW)
    last = first.shift(-1, fill_value=len(is_first)) - 1 if len(first) else first
    return Runs(first, last.cast(ROW))
