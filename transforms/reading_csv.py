"""CSV as rows: a header, then one record a line; quoted fields may span lines (R20)."""

import csv
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from transforms.canonical_json import JsonError
from transforms.contracts import Contract
from transforms.reading import (
    BOM,
    Reading,
    is_utf8,
    lines_of,
    problems,
    rows_of,
    text_of,
    unsound_text,
)
from transforms.reading_lines import extra_of

MAX_RECORD_LINES = 1_000
"""A quote that is still open after so many lines was never meant to open: only its line is refused."""


class Record(NamedTuple):
    """A record as delivered, with the line on which it starts."""

    line: int
    raw: bytes


def read_csv(data: bytes, contract: Contract, ends_early: bool = False) -> Reading:
    """The rows of a CSV file. Where the file `ends_early`, a last row without line end may be half a row."""
    body = data.removeprefix(BOM)
    records = _records(body.split(b"\n"))
    header = next(records, None)
    if header is None:
        return Reading([])
    names = [name.strip() for name in _fields(text_of(header.raw)) or []]
    if not set(names) & set(contract.delivered):
        refused = [_refused(record, "stands in a file without a header") for record in (header, *records)]
        return Reading([rows_of(refused, contract)], "the header names no column of the stream")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if not repeated and b'"' not in body and set(names) <= set(contract.delivered) and is_utf8(body):
        rows = _plain_rows(body, header.line, names, contract)
    else:
        rows = rows_of([_row(record, names, contract) for record in records], contract)
    if repeated:
        rows = rows.with_columns(fault=pl.lit(f"the header names {', '.join(repeated)} twice"))
    is_open = not rows.is_empty() and not body.endswith(b"\n")
    if is_open and ends_early:
        last = pl.int_range(pl.len()) == pl.len() - 1
        rows = rows.with_columns(
            fault=pl.when(last).then(pl.lit("the file ends within the row")).otherwise("fault")
        )
    is_broken = is_open and rows["fault"][-1] is not None
    return Reading([rows], problems("the last line is cut off" if is_broken and not repeated else None))


def _records(lines: list[bytes]) -> Iterator[Record]:
    """The records of a file: a line, and the following ones while a quote is open."""
    start = 0
    while start < len(lines):
        end = _end_of_record(lines, start)
        raw = b"\n".join(lines[start:end]).removesuffix(b"\r")
        if raw.strip(b" \t\r"):
            yield Record(start + 1, raw)
        start = end


def _end_of_record(lines: list[bytes], start: int) -> int:
    if b'"' not in lines[start]:
        return start + 1
    quotes = 0
    for end in range(start, min(start + MAX_RECORD_LINES, len(lines))):
        quotes += lines[end].count(b'"')
        if quotes % 2 == 0:
            return end + 1
    return start + 1


def _fields(text: str) -> list[str] | None:
    """The fields of a record; null where its quotes are broken."""
    if '"' not in text:
        return text.split(",")
    try:
        records = list(csv.reader([text], strict=True))
    except csv.Error:
        return None
    return records[0] if len(records) == 1 else None


def _refused(record: Record, fault: str) -> dict[str, object]:
    return {"line": record.line, "raw": text_of(record.raw), "fault": fault}


def _row(record: Record, names: list[str], contract: Contract) -> dict[str, object]:
    if not is_utf8(record.raw):
        return _refused(record, "not UTF-8")
    text = record.raw.decode()
    fields = _fields(text)
    if fields is None:
        return _refused(record, "not CSV: its quotes are broken")
    if len(fields) != len(names):
        return _refused(record, _miscounted(len(fields), len(names)))
    value = dict(zip(names, fields, strict=True))
    faults = [f"{name}: {fault}" for name, item in value.items() if (fault := unsound_text(item))]
    known: dict[str, object] = {name: item for name, item in value.items() if name in contract.delivered}
    try:
        known["extra"] = extra_of({name: item for name, item in value.items() if item}, contract)
    except JsonError as fault:
        faults.append(f"unknown columns: {fault}")
    return {"line": record.line, "raw": text, "fault": "; ".join(faults) or None, **known}


def _miscounted(found: object, due: int) -> str:
    return f"{found} fields where the header names {due}"


def _plain_rows(body: bytes, header_line: int, names: list[str], contract: Contract) -> pl.DataFrame:
    """The rows of a file without quotes and unknown columns: every line is a record."""
    raw = pl.col("raw")
    lines = lines_of(body).with_row_index("line", 1).with_columns(pl.col("line").cast(pl.Int64))
    lines = lines.filter((pl.col("line") > header_line) & (raw.str.strip_chars(" \t\r") != "")).rechunk()
    fields = raw.str.count_matches(",", literal=True) + 1
    fault = pl.when(fields != len(names)).then(
        pl.format("{} fields where the header names {}", fields, pl.lit(len(names)))
    )
    parts = raw.str.split_exact(",", len(names) - 1).struct.rename_fields(names)
    rows = lines.with_columns(fault=fault, parts=parts).unnest("parts")
    for name in names:
        is_unsound = pl.col(name).str.contains("\0", literal=True)
        told = pl.when(is_unsound).then(pl.lit(f"{name}: text with a NUL character"))
        rows = rows.with_columns(fault=pl.coalesce("fault", told))
    values = [
        pl.when(pl.col("fault").is_null()).then(pl.col(name)).otherwise(None).alias(name)
        if name in names
        else pl.lit(None, pl.String).alias(name)
        for name in (*contract.delivered, "extra")
    ]
    return rows.select("line", "raw", "fault", *values)
