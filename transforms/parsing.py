"""From a landed file to clean rows, refused rows and the ledger of its rows (R2, R18, R20).

Nothing raises because of what a file holds: every row is accepted, excluded or quarantined.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, assert_never

import polars as pl

from transforms.contracts import Contract, Files, Quarantine, contract_of, lake_schema, schema_of
from transforms.keys import with_keys
from transforms.limits import DEFAULTS, Limits
from transforms.reading import Reading, problems, refused_whole, rows_schema
from transforms.reading_csv import read_csv
from transforms.reading_jsonl import read_jsonl
from transforms.reading_parquet import read_parquet
from transforms.refusals import refusals, spellings, wrong_stream
from transforms.times import instants

Format = Literal["jsonl", "csv", "parquet"]

_TRUE = spellings("true", "1")


@dataclass(frozen=True)
class ParsedFile:
    """What a file said: rows for the lake, its ledger (R20), its refused rows.

    For each file and account, the rows of `files` are those of `accepted` (copies included), excluded
    and quarantined. Rows are in the order of the file: in that of keys `is_first` is told anew.
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
    limits: Limits = DEFAULTS,
    refused: tuple[int, str] | None = None,
) -> ParsedFile:
    """The rows of one file, decompressed, judged by the contract of its stream.

    `problem` is what was wrong with the file before it was decompressed, such as an early end. A file that
    is `refused` before, with its size and the reason, counts as one row, and so does one of too many lines.
    """
    contract = contract_of(stream)
    place = _Place(stream, arrival_day, file)
    refused = refused or _too_many_lines(data, fmt, limits)
    if refused is None:
        reading = _read(data, fmt, contract, limits, ends_early=problem is not None)
    else:
        reading = refused_whole(*refused, contract)
    return _judge_all(reading, contract, place, problems(problem, None if data or refused else "empty file"))


def _too_many_lines(data: bytes, fmt: Format, limits: Limits) -> tuple[int, str] | None:
    lines = 0 if fmt == "parquet" else data.count(b"\n")
    if lines <= limits.lines:
        return None
    return len(data), f"the file has {lines:,} lines; the setting most_lines takes {limits.lines:,}"


def _judge_all(reading: Reading, contract: Contract, place: _Place, problem: str | None) -> ParsedFile:
    """The rows of a file, each accepted, excluded or refused."""
    judged = [_judged(rows, contract, place) for rows in (rows_schema(contract).to_frame(), *reading.parts)]
    accepted, refused, excluded = (pl.concat(kind) for kind in zip(*judged, strict=True))
    mistaken = None if accepted.height else wrong_stream(refused, contract)
    if mistaken is not None:
        unreadable = pl.col("fault").is_not_null()
        refused = refused.with_columns(
            reason=pl.when(unreadable).then(pl.col("reason")).otherwise(pl.lit(mistaken))
        )
    found = problems(problem, reading.problem, mistaken)
    return ParsedFile(
        accepted=accepted,
        files=_ledger(accepted, excluded, refused, place, found),
        quarantine=reading.with_raw(refused)
        .select(*place.columns("stream", "arrival_day", "file"), "line", "account_id", "reason", "raw")
        .cast(schema_of(Quarantine)),
    )


def _judged(
    rows: pl.DataFrame, contract: Contract, place: _Place
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The accepted rows as the lake has them, the refused rows with their reason, the excluded rows."""
    rows, excluded = _without_tests(_blanks_as_null(rows, contract), contract)
    typed = rows.with_columns(place.columns("file", "arrival_day")).with_columns(
        *(rows[name].alias(f"delivered:{name}") for name in contract.times),
        *(instants(rows[name]) for name in contract.times),
    )
    judged = typed.with_columns(reason=refusals(typed, contract))
    accepted, refused = _parted(judged, judged["reason"].is_not_null())
    schema = lake_schema(contract.stream)
    if "key" in schema:
        accepted = with_keys(accepted).with_columns(is_first=pl.lit(value=True))
    return accepted.select(schema.names()).cast(schema), refused, excluded.select("account_id")


def _parted(rows: pl.DataFrame, is_out: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that stay and rows that are out, mostly none."""
    return (rows.filter(~is_out), rows.filter(is_out)) if is_out.any() else (rows, rows.clear())


def _read(data: bytes, fmt: Format, contract: Contract, limits: Limits, ends_early: bool) -> Reading:
    match fmt:
        case "jsonl":
            return read_jsonl(data, contract, longest=limits.line_bytes)
        case "csv":
            return read_csv(data, contract, ends_early, limits.line_bytes)
        case "parquet":
            return read_parquet(data, contract, limits)
        case _:
            assert_never(fmt)


def _blanks_as_null(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """An empty text says nothing."""
    found = rows.select((pl.col(name) == "").any() for name in contract.delivered).row(0, named=True)
    blank = [pl.col(name) for name, is_found in found.items() if is_found]
    return rows.with_columns(pl.when(column != "").then(column) for column in blank)


def _without_tests(rows: pl.DataFrame, contract: Contract) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of customers, and rows of developers and testers: these are out before anything else (R2)."""
    if not contract.has_test_rows:
        return rows, rows.clear()
    return _parted(rows, rows["is_test"].is_in(_TRUE).fill_null(value=False))


def _ledger(
    accepted: pl.DataFrame, excluded: pl.DataFrame, refused: pl.DataFrame, place: _Place, problem: str | None
) -> pl.DataFrame:
    """The rows of the file by account, each kind counted from its own rows (R20)."""
    counts = [_count(accepted), _count(excluded, "excluded"), _count(refused, "quarantined")]
    ledger = pl.concat(counts, how="diagonal").group_by("account_id").sum()
    if ledger.is_empty():
        ledger = pl.DataFrame({"account_id": [""], "rows": [0], "excluded": [0], "quarantined": [0]})
    return (
        ledger.with_columns(
            *place.columns("stream", "arrival_day", "file"), problem=pl.lit(problem, pl.String)
        )
        .select(list(schema_of(Files)))
        .cast(schema_of(Files))
        .sort("account_id")
    )


def _count(rows: pl.DataFrame, *kinds: str) -> pl.DataFrame:
    """The rows by account, as `rows` and as each of the kinds."""
    return (
        rows.group_by("account_id")
        .len("rows")
        .select(
            pl.col("account_id").fill_null(""),
            *(pl.col("rows").cast(pl.Int64).alias(name) for name in ("rows", *kinds)),
        )
    )
