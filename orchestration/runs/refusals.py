"""What a night refused, for whoever started it to see: rows that cannot be read, and events of the book."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from orchestration.home import WAREHOUSE
from orchestration.lake import Lake


def refusals(home: Path, first: date, last: date) -> list[str]:
    """What was refused of the files of some arrival days: by ingest, by sessionizing, and by the fold."""
    return [*_rows(Lake(home), first, last), *_events(home, first, last)]


def _rows(lake: Lake, first: date, last: date) -> Iterator[str]:
    late = lake.scan("rejected_handoffs").group_by("file").agg(pl.len().cast(pl.Int64).alias("late"))
    files = (
        lake.scan("files")
        .filter(pl.col("arrival_day").is_between(first, last))
        .group_by("file")
        .agg(pl.col("quarantined").sum(), pl.col("problem").drop_nulls().first())
        .join(late, on="file", how="left")
        .with_columns(pl.col("quarantined") + pl.col("late").fill_null(0))
        .filter((pl.col("quarantined") > 0) | pl.col("problem").is_not_null())
        .sort("file")
        .select("file", "quarantined", "problem")
        .collect()
    )
    for file, count, problem in files.iter_rows():
        told = f"{file}: {count} {'row' if count == 1 else 'rows'} in quarantine"
        yield told + (f" ({problem})" if problem else "")


def _events(home: Path, first: date, last: date) -> Iterator[str]:
    """Each event of a book that changes nothing, by file and line, and why."""
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        refused = warehouse.execute(
            """
            select file, line, event_type, account_id, refusal_reason
            from account_event_refusals
            where try_cast(split_part(file, '/', 2) as date) between ? and ?
            order by file, line
            """,
            [first, last],
        ).fetchall()
    for file, line, event_type, account_id, reason in refused:
        yield f"{file}:{line}: {event_type} of {account_id} is refused: {reason}"
