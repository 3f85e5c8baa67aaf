"""Which copies of a day's rows count (R18), found without reading more than the ids of the rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import polars as pl

from orchestration.lake import COPIES, Lake
from orchestration.lake.parts import Part, parts_of, scan_parts
from transforms.contracts import contract_of, lake_schema
from transforms.copies import FINGERPRINT, resolve_copies, settled

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
    parts = parts_of(lake, stream, day)
    if not parts:
        nothing = lake_schema(stream).to_frame()
        copies = resolve_copies(nothing, stream)[1]
        return Resolved(nothing.lazy(), nothing.lazy(), nothing, copies, 0)
    rows = _numbered(parts, stream)
    is_known = len(parts) == 1 and lake.note(parts[0].path, COPIES) == "none"
    suspects = _suspects(rows, stream, known=is_known)
    is_suspect = pl.col("row").is_in(suspects.implode())
    judged = rows.filter(is_suspect).collect() if len(suspects) else rows.head(0).collect()
    winners, copies = resolve_copies(_comparable(judged, stream).drop("row"), stream)
    losers = judged.join(winners, on=PLACE, how="anti")
    kept = rows.filter(~pl.col("row").is_in(losers["row"].implode())) if len(losers) else rows
    columns = lake_schema(stream).names()
    counts = rows.group_by(WHOSE).agg(pl.len().cast(pl.Int64).alias("rows")).collect()
    named = rows.filter("is_first") if "is_first" in columns else rows
    return Resolved(
        winners=kept.select(columns),
        named=named.select(columns),
        losers=losers.select(columns),
        copies=_tally(counts, copies, stream, day),
        rows=_height(counts),
    )


def choice_among(
    lake: Lake, stream: str, day: date, changed: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows
) -> pl.DataFrame:
    """Which of the rows win whose ids stand more than once, and what that makes of each file's rows (R18).

    As it would be if those rows were `changed`.
    """
    parts = parts_of(lake, stream, day)
    if not parts:
        return lake_schema(stream).to_frame().select(PLACE)
    rows = _numbered(parts, stream)
    suspects = _suspects(rows, stream, known=False)
    judged = changed(rows.filter(pl.col("row").is_in(suspects.implode())).collect())
    winners, copies = resolve_copies(_comparable(judged, stream).drop("row"), stream)
    return pl.concat([winners.select(PLACE).sort(PLACE), copies], how="diagonal")


def _numbered(parts: list[Part], stream: str) -> pl.LazyFrame:
    if not any(part.is_settled for part in parts):
        return pl.scan_parquet([part.path for part in parts], row_index_name="row")
    return scan_parts(parts, stream).with_row_index("row")


def _comparable(rows: pl.DataFrame, stream: str) -> pl.DataFrame:
    """Where settled rows are among them, raw ones are compared as what will be left of them."""
    if "content" not in rows.columns:
        return rows
    is_settled = pl.col("content").is_not_null()
    raw = settled(rows.filter(~is_settled).drop(FINGERPRINT.names()), stream)
    return pl.concat([rows.filter(is_settled), raw.select(rows.columns)]).sort("row")


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
    losses = judged.lazy().select(*WHOSE, "duplicate", "superseded")
    return (
        counts.lazy()
        .join(losses, on=WHOSE, how="left", nulls_equal=True)
        .with_columns(pl.col("duplicate", "superseded").fill_null(0))
        .with_columns(
            stream=pl.lit(stream),
            event_day=pl.lit(day),
            accepted=pl.col("rows") - pl.col("duplicate") - pl.col("superseded"),
        )
        .select(judged.columns)
        .collect()
    )


def _height(counts: pl.DataFrame) -> int:
    return int(counts["rows"].sum())
