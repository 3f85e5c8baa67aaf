"""Which copies of a day's rows count (R18), found without reading more than the ids of the rows."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from orchestration.lake import COPIES, Lake
from transforms.contracts import contract_of, lake_schema
from transforms.copies import resolve_copies

PLACE = ["arrival_day", "file", "line"]
WHOSE = ["arrival_day", "file", "account_id"]


@dataclass(frozen=True)
class Resolved:
    """A day of a stream: `winners`, the rows that count; `named`, rows that name every `who` at least once;
    `losers`, the rows that do not count; `copies`, what became of each file's rows (`Copies`); `rows`,
    how many there were."""

    winners: pl.LazyFrame
    named: pl.LazyFrame
    losers: pl.DataFrame
    copies: pl.DataFrame
    rows: int


def resolved(lake: Lake, stream: str, day: date) -> Resolved:
    """The rows of a stream's event day, delivered on any day, with their copies resolved."""
    paths = lake.arrivals(stream, day)
    if not paths:
        nothing = lake_schema(stream).to_frame()
        copies = resolve_copies(nothing, stream)[1]
        return Resolved(nothing.lazy(), nothing.lazy(), nothing, copies, 0)
    rows = pl.scan_parquet(paths, row_index_name="row")
    suspects = _suspects(rows, stream, known=len(paths) == 1 and lake.note(paths[0], COPIES) == "none")
    is_suspect = pl.col("row").is_in(suspects.implode())
    judged = rows.filter(is_suspect).collect() if len(suspects) else rows.head(0).collect()
    winners, copies = resolve_copies(judged.drop("row"), stream)
    losers = judged.join(winners, on=PLACE, how="anti")
    kept = rows.filter(~pl.col("row").is_in(losers["row"].implode())) if len(losers) else rows
    counts = rows.group_by(WHOSE).agg(pl.len().cast(pl.Int64).alias("rows")).collect()
    named = rows.filter("is_first") if "is_first" in lake_schema(stream) else rows
    return Resolved(
        winners=kept.drop("row"),
        named=named.drop("row"),
        losers=losers.drop("row"),
        copies=_tally(counts, copies, stream, day),
        rows=_height(counts),
    )


def _suspects(rows: pl.LazyFrame, stream: str, *, known: bool) -> pl.Series:
    """The numbers of the rows whose id stands more than once; equal hashes are enough to be looked at.

    None where ingest has found none in the only file.
    """
    if known:
        return pl.Series(dtype=pl.UInt32)
    ids = rows.select("row", id=pl.struct("account_id", contract_of(stream).id_column).hash()).collect()
    return ids.filter(pl.col("id").is_duplicated())["row"]


def _tally(counts: pl.DataFrame, judged: pl.DataFrame, stream: str, day: date) -> pl.DataFrame:
    """`Copies` of all rows, where those that were not judged are accepted."""
    losses = judged.select(*WHOSE, "duplicate", "superseded")
    return (
        counts.join(losses, on=WHOSE, how="left", nulls_equal=True)
        .with_columns(pl.col("duplicate", "superseded").fill_null(0))
        .with_columns(
            stream=pl.lit(stream),
            event_day=pl.lit(day),
            accepted=pl.col("rows") - pl.col("duplicate") - pl.col("superseded"),
        )
        .select(judged.columns)
    )


def _height(counts: pl.DataFrame) -> int:
    return int(counts["rows"].sum())
