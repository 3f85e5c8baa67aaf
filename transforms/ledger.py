"""The ledger of rows (R20): what became of every row of every file."""

from collections.abc import Mapping

import polars as pl

LEDGER = pl.Schema(
    {"stream": pl.String, "file": pl.String, "rows": pl.Int64, "accepted": pl.Int64, "duplicate": pl.Int64}
    | {"superseded": pl.Int64, "excluded": pl.Int64, "quarantined": pl.Int64, "problem": pl.String}
)


def file_ledger(files: pl.DataFrame, copies: pl.DataFrame, rejected: pl.DataFrame) -> pl.DataFrame:
    """One row per file, as `LEDGER`.

    `files` tells rows, excluded and quarantined as read, `copies` what R18 made of the valid ones, `rejected`
    the handoff rows that only sessionizing refused (R7): accepted before, quarantined now.
    """
    by = ["stream", "file"]
    read = files.group_by(by).agg(
        pl.col("rows", "excluded", "quarantined").sum(), pl.col("problem").drop_nulls().first()
    )
    kept = copies.group_by(by).agg(pl.col("accepted", "duplicate", "superseded").sum())
    late = rejected.group_by(by).agg(pl.len().cast(pl.Int64).alias("rejected"))
    return (
        read.join(kept, on=by, how="left")
        .join(late, on=by, how="left")
        .with_columns(pl.col("accepted", "duplicate", "superseded", "rejected").fill_null(0))
        .with_columns(pl.col("accepted") - pl.col("rejected"), pl.col("quarantined") + pl.col("rejected"))
        .select(pl.col(name).cast(dtype) for name, dtype in LEDGER.items())
        .sort(by)
    )


def kept_whole(rejected: pl.DataFrame, rows: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Handoff rows that sessionizing refused (R7) with `raw`, the whole row as JSON (R20).

    `rows` gives the clean rows of each stream, which carry `file` and `line`.
    """
    whole = [
        frame.join(rejected.filter(pl.col("stream") == stream), on=["file", "line"], how="semi").select(
            "file",
            "line",
            pl.struct(pl.exclude("file", "line", "arrival_day")).struct.json_encode().alias("raw"),
        )
        for stream, frame in rows.items()
    ]
    return rejected.join(pl.concat(whole), on=["file", "line"], how="left", maintain_order="left")


def unbalanced(ledger: pl.DataFrame) -> pl.DataFrame:
    """The files of which a row has vanished or counts twice: rows ≠ the sum of what became of them."""
    told = pl.sum_horizontal("accepted", "duplicate", "superseded", "excluded", "quarantined")
    return ledger.filter(pl.col("rows") != told)
