"""From a landed file to clean rows, refused rows and the ledger of its rows (R2, R18, R20).

Nothing raises because of what a file holds: every row is accepted, excluded or quarantined.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, assert_never

import polars as pl

from transforms.contracts import Contract, Files, Quarantine, contract_of, lake_schema, schema_of
from transforms.keys import in_key_order, with_keys
from transforms.reading import Reading, problems
from transforms.reading_csv import read_csv
from transforms.reading_jsonl import read_jsonl
from transforms.reading_parquet import read_parquet
from transforms.refusals import refusals, wrong_stream
from transforms.times import instants

Format = Literal["jsonl", "csv", "parquet"]

_TRUE = ("true", "1")


@dataclass(frozen=True)
class ParsedFile:
    """What a file said: rows for the lake, its ledger (R20), its refused rows.

    For each file and account, the rows of `files` are those of `accepted` (copies included), excluded
    and quarantined.
    """

    accepted: pl.DataFrame
    files: pl.DataFrame
    quarantine: pl.DataFrame


@dataclass(frozen=True)
class _Place:
    stream: str
    arrival_day: date | None
    file: str

    def columns(self, *names: str) -> list[pl.Expr]:
        """The named facts as columns of one value each."""
        known = {
            "stream": pl.lit(self.stream),
            "arrival_day": pl.lit(self.arrival_day, pl.Date),
            "file": pl.lit(self.file),
        }
        return [known[name].alias(name) for name in names]


def parse_file(
    data: bytes,
    fmt: Format,
    stream: str,
    arrival_day: date | None,
    file: str,
    *,
    problem: str | None = None,
) -> ParsedFile:
    """The rows of one file, decompressed, judged by the contract of its stream.

    `problem` is what was wrong with the file before it was decompressed, such as an early end.
    """
    contract = contract_of(stream)
    place = _Place(stream, arrival_day, file)
    reading = _read(data, fmt, contract, ends_early=problem is not None)
    rows, excluded = _without_tests(_blanks_as_null(reading.rows, contract), contract)
    typed = rows.with_columns(place.columns("file", "arrival_day")).with_columns(
        *(rows[name].alias(f"delivered:{name}") for name in contract.times),
        *(instants(rows[name]) for name in contract.times),
    )
    judged = typed.with_columns(reason=refusals(typed, contract))
    mistaken = wrong_stream(judged, contract)
    if mistaken is not None:
        unreadable = pl.col("fault").is_not_null()
        judged = judged.with_columns(
            reason=pl.when(unreadable).then(pl.col("reason")).otherwise(pl.lit(mistaken))
        )
    is_refused = judged["reason"].is_not_null()
    accepted = _keyed(judged.filter(~is_refused), contract).select(list(lake_schema(stream)))
    refused = judged.filter(is_refused)
    found = problems(problem, "empty file" if not data else None, reading.problem, mistaken)
    return ParsedFile(
        accepted=accepted.cast(lake_schema(stream)),
        files=_ledger(reading.rows, excluded, refused, place, found),
        quarantine=refused.select(
            *place.columns("stream", "arrival_day", "file"), "line", "account_id", "reason", "raw"
        ).cast(schema_of(Quarantine)),
    )


def _keyed(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Rows of conversations by their key (R1); others as they are."""
    if "key" not in lake_schema(contract.stream):
        return rows
    return in_key_order(with_keys(rows), contract.time_column)


def _read(data: bytes, fmt: Format, contract: Contract, ends_early: bool) -> Reading:
    match fmt:
        case "jsonl":
            return read_jsonl(data, contract)
        case "csv":
            return read_csv(data, contract, ends_early)
        case "parquet":
            return read_parquet(data, contract)
        case _:
            assert_never(fmt)


def _blanks_as_null(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """An empty text says nothing."""
    return rows.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in contract.delivered)


def _without_tests(rows: pl.DataFrame, contract: Contract) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of customers, and rows of developers and testers: these are out before anything else (R2)."""
    if not contract.has_test_rows:
        return rows, rows.clear()
    is_test = rows["is_test"].str.to_lowercase().is_in(_TRUE).fill_null(value=False)
    return rows.filter(~is_test), rows.filter(is_test)


def _ledger(
    delivered: pl.DataFrame, excluded: pl.DataFrame, refused: pl.DataFrame, place: _Place, problem: str | None
) -> pl.DataFrame:
    """The rows of the file by account, each kind counted from its own rows (R20)."""
    ledger = _count(delivered, "rows")
    for rows, name in ((excluded, "excluded"), (refused, "quarantined")):
        ledger = ledger.join(_count(rows, name), on="account_id", how="full", coalesce=True)
    if ledger.is_empty():
        ledger = pl.DataFrame({"account_id": [""], "rows": [0], "excluded": [0], "quarantined": [0]})
    return (
        ledger.with_columns(pl.col("rows", "excluded", "quarantined").fill_null(0))
        .with_columns(*place.columns("stream", "arrival_day", "file"), problem=pl.lit(problem, pl.String))
        .select(list(schema_of(Files)))
        .cast(schema_of(Files))
        .sort("account_id")
    )


def _count(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    account = pl.col("account_id").fill_null("")
    return rows.group_by(account).agg(pl.len().cast(pl.Int64).alias(name))
