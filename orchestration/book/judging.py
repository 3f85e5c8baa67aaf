"""The judge of the account's book: the marts' own SQL, run over one account's events in a temporary home.

Only what account_event_refusals is made of is built. It reads no usage: no reason of the fold depends on it.
What it cannot see is the ledger: whether an invoice that an event names has been issued.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars as pl

from orchestration import dbt
from orchestration.errors import RunError
from orchestration.lake import Lake
from orchestration.lake.tables import TABLES
from orchestration.landing.contents import limits_of, parse_landed
from orchestration.landing.files import arrival_days, files_of, name_of
from transforms.contracts import lake_schema
from transforms.parsing import parse_file

Row = dict[str, Any]

STREAM = "account_events"
WITHOUT = "\N{SYMBOL FOR NULL}without"
"""Behind an account's id: the same account without the candidate, folded beside it in one build."""
SHOWN = (
    "accounts", "account_profiles", "account_roles", "apps", "plan_states", "auto_reloads", "int_orders",
    "int_credits", "int_payments", "int_discounts", "int_contract_prices", "int_commitments_set",
    "account_event_refusals",
)  # fmt: skip
"""The models that make up an account's state, as `account show` shows them."""


@dataclass(frozen=True)
class Verdict:
    """What the fold says of a candidate, and of the other events with it that it said otherwise without."""

    refusal: str | None
    is_first: bool
    overturned: tuple[str, ...] = ()
    revived: tuple[str, ...] = ()


def judge(home: Path, account_id: str, line: bytes, file: str, arrival_day: date) -> Verdict:
    """What becomes of an event, given as the line of the file that would deliver it."""
    parsed = parse_file(line, "jsonl", STREAM, arrival_day, file)
    if not parsed.quarantine.is_empty():
        return Verdict(refusal=str(parsed.quarantine["reason"][0]), is_first=False)
    known = events_of(home, account_id)
    without = known.with_columns(account_id=pl.lit(account_id + WITHOUT))
    with _temporary_home(pl.concat([known, parsed.accepted, without])) as folder:
        _build(folder, "+account_event_refusals")
        refused = _refusals(folder, account_id), _refusals(folder, account_id + WITHOUT)
    return _verdict(str(parsed.accepted["event_id"][0]), *refused, is_first=known.is_empty())


def state_at(home: Path, account_id: str, at: datetime) -> dict[str, list[Row]]:
    """The account's rows of each model in `SHOWN`, folded from the events up to that instant."""
    known = events_of(home, account_id).filter(pl.col("occurred_at") <= at)
    if known.is_empty():
        return {}
    with _temporary_home(known) as folder:
        with duckdb.connect(str(folder / dbt.WAREHOUSE)) as connection:
            # "Today" is the account's local day at that instant, not that of a file's arrival.
            watermark = "create table int_watermark as select cast(? as timestamptz) as watermark_at"
            connection.execute(watermark, [(at + timedelta(milliseconds=1)).isoformat()])
        _build(folder, " ".join(f"+{model}" for model in SHOWN), without="int_watermark")
        return {model: _rows(folder, model) for model in SHOWN}


def events_of(home: Path, account_id: str) -> pl.DataFrame:
    """All copies of the account's events: those ingested, and those that wait in landing."""
    landing, lake = home / "landing", Lake(home)
    # Which files are ingested comes first: their rows are in the lake before ingest says so.
    ingested = set(_held(lake, "files")["file"])
    waiting = (
        parse_landed(path, STREAM, day, name_of(path, landing), limits_of(home)).accepted
        for day in arrival_days(landing, STREAM)
        for path in files_of(landing, STREAM, day)
        if name_of(path, landing) not in ingested
    )
    rows = pl.concat([_held(lake, STREAM), *waiting])
    return rows.filter(pl.col("account_id") == account_id)


def _held(lake: Lake, table: str) -> pl.DataFrame:
    """What the lake holds; a home before its first night has no lake."""
    is_there = any((lake.root / table).glob("**/*.parquet"))
    return lake.scan(table).collect() if is_there else TABLES[table].to_frame()


@contextmanager
def _temporary_home(events: pl.DataFrame) -> Iterator[Path]:
    """A home whose lake has these events, and every other table without rows."""
    with TemporaryDirectory(prefix="quarterhour-") as name:
        lake = Lake(Path(name))
        lake.ensure(TABLES)
        lake.publish(lake.file(STREAM, "judged"), events.select(lake_schema(STREAM).names()))
        yield lake.home


def _build(folder: Path, select: str, without: str = "") -> None:
    try:
        dbt.build_untested(folder / dbt.WAREHOUSE, select, without)
    except dbt.DbtError as error:
        raise RunError(f"the book could not be folded: {error}") from error


def _rows(folder: Path, model: str) -> list[Row]:
    with duckdb.connect(str(folder / dbt.WAREHOUSE), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        found = connection.execute(f"from {model} order by all")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _refusals(folder: Path, account_id: str) -> dict[str, str]:
    """The reason by event, told with its type and time."""
    refused = [row for row in _rows(folder, "account_event_refusals") if row["account_id"] == account_id]
    return {
        row["event_id"]: "{refusal_reason} ({event_type} of {occurred_at:%Y-%m-%d %H:%M})".format_map(row)
        for row in refused
    }


def _verdict(event_id: str, refused: dict[str, str], before: dict[str, str], *, is_first: bool) -> Verdict:
    reason = refused.pop(event_id, None)
    return Verdict(
        refusal=reason.rpartition(" (")[0] if reason else None,
        is_first=is_first,
        overturned=tuple(text for other, text in refused.items() if other not in before),
        revived=tuple(text for other, text in before.items() if other not in refused),
    )
