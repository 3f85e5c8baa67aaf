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

    def earliest(self, values: pl.Series) -> pl.Series:
        """The first value of each run that is not null; null for a run of nulls."""
        rows = values.to_frame("value").select(
            pl.when(pl.col("value").is_not_null())
            .then(pl.int_range(pl.len(), dtype=ROW))
            .backward_fill()
            .alias("row")
        )["row"]
        found = rows.gather(self.first)
        return values.gather(found.zip_with(found <= self.last, pl.Series([None], dtype=ROW)))


def runs_of(is_first: pl.Series) -> Runs:
    """Runs of a frame by a mask of their first rows; the very first row begins one in any case."""
    first = is_first.arg_true().cast(ROW)
    last = first.shift(-1, fill_value=len(is_first)) - 1 if len(first) else first
    return Runs(first, last.cast(ROW))
