"""What arrived: files and rows by stream and arrival day, and who sent them.

Reads the counts of files, and of rows those that arrived on the days asked for, never the history.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import duckdb
import polars as pl

from orchestration.home import WAREHOUSE
from orchestration.lake import Lake
from transforms.refusals import EARLY

OF_APP = ["account_id", "app_id"]
APPS = pl.Schema({"account_id": pl.String, "app_id": pl.String})
ROWS = pl.Schema(
    {
        "account_id": pl.String,
        "app_id": pl.String,
        "event_day": pl.Date,
        "arrival_day": pl.Date,
        "rows": pl.Int64,
    }
)
"""Rows of an app by the day that they tell and the day on which they came."""
NAMED = "select distinct account_id, app_id from int_account_events_standing where app_id is not null"


@dataclass(frozen=True)
class Delivered:
    """What a stream delivered on a day."""

    files: int
    rows: int
    quarantined: int


@dataclass
class Deliveries:
    """The counts of a stream by arrival day; each day is read once."""

    lake: Lake
    stream: str
    _known: dict[date, Delivered | None] = field(default_factory=dict)

    def on(self, day: date) -> Delivered | None:
        """What arrived on a day; None where the day was never ingested."""
        if day not in self._known:
            self._known[day] = self._read(day)
        return self._known[day]

    def _read(self, day: date) -> Delivered | None:
        path = self.lake.file("files", self.stream, day)
        if not path.exists():
            return None
        files = pl.read_parquet(path, columns=["file", "rows", "quarantined"])
        return Delivered(
            files=files["file"].n_unique(),
            rows=int(files["rows"].sum()),
            quarantined=int(files["quarantined"].sum()),
        )


def arrived_rows(lake: Lake, stream: str, days: Sequence[date]) -> pl.DataFrame:
    """The rows that arrived on some days, counted by app and event day (`ROWS`); from names and ids alone."""
    paths = [path for day in days for path in (lake.root / stream).glob(f"????-??-??/{day}.parquet")]
    if not paths:
        return ROWS.to_frame()
    told = pl.col("path").str.extract_groups(r"([0-9-]{10})[/\\]([0-9-]{10})\.parquet$").struct
    return (
        pl.scan_parquet(paths, include_file_paths="path")
        .group_by("path", *OF_APP)
        .agg(pl.len().cast(pl.Int64).alias("rows"))
        .select(
            *OF_APP,
            told.field("1").str.to_date().alias("event_day"),
            told.field("2").str.to_date().alias("arrival_day"),
            "rows",
        )
        .collect()
    )


def early_rows(lake: Lake, stream: str, days: Sequence[date]) -> dict[str, int]:
    """By account the rows that were refused because they lie after their arrival (R13)."""
    found = [lake.read("quarantine", stream, day).select("account_id", "reason") for day in days]
    if not found:
        return {}
    early = pl.concat(found).filter(pl.col("reason").str.contains(EARLY, literal=True))
    counts = early.group_by(pl.col("account_id").fill_null("")).agg(pl.len())
    return dict(counts.iter_rows())


class Book:
    """The apps that the accounts' book names: published, or with a plan.

    The marts know those of the last night; only what they do not know is looked for in the book itself, which
    grows with the years.
    """

    def __init__(self, lake: Lake):
        self._lake = lake

    def unknown(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Apps of some rows (`ROWS`) that no account has named: account_id, app_id, rows."""
        apps = rows.group_by(OF_APP).agg(pl.col("rows").sum()).sort(OF_APP)
        left = apps.join(self._in_marts, on=OF_APP, how="anti")
        return left.join(self._in_events, on=OF_APP, how="anti") if left.height else left

    @cached_property
    def _in_marts(self) -> pl.DataFrame:
        """A warehouse that is not there, or that cannot be read, knows none."""
        warehouse = self._lake.home / WAREHOUSE
        found: list[tuple[str, str]] = []
        if warehouse.exists():
            try:
                with duckdb.connect(str(warehouse), read_only=True) as connection:
                    found = connection.execute(NAMED).fetchall()
            except duckdb.Error:
                found = []
        return pl.DataFrame(found, schema=APPS, orient="row")

    @cached_property
    def _in_events(self) -> pl.DataFrame:
        events = self._lake.scan("account_events").filter(pl.col("app_id").is_not_null())
        return events.select(OF_APP).unique().collect()
