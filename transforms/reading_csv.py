"""CSV as rows: a header, then one record a line; quoted fields may span lines (R20)."""

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import polars as pl

from transforms.canonical_json import JsonError
from transforms.contracts import Contract
from transforms.limits import DEFAULTS, LongLine, without_long_lines
from transforms.reading import (
    BOM,
    Reading,
    beginning,
    faults_told,
    is_utf8,
    lines_of,
    long_rows_told,
    problems,
    refused_lines,
    rows_of,
    shortened,
    text_of,
    too_long,
    unsound_text,
)
from transforms.reading_lines import extra_of

csv.field_size_limit(2**31 - 1)  # rows have a limit of their own
BATCH = 50_000
"""Records that are read one by one and then become a frame, which takes less memory."""
MAX_RECORD_LINES = 1_000
"""A quote that is still open after so many lines was never meant to open: only its line is refused."""


class Record(NamedTuple):
    """A record as delivered, with the line on which it starts."""

    line: int
    raw: bytes


def read_csv(
    data: bytes, contract: Contract, ends_early: bool = False, longest: int = DEFAULTS.line_bytes
) -> Reading:
    """The rows of a CSV file. Where the file `ends_early`, a last row without line end may be half a row."""
    body = data.removeprefix(BOM)
    long: list[LongLine] = []
    if b'"' not in body:  # else a line may be in the middle of a record
        body, long = without_long_lines(body, longest)
    records = _records(body.split(b"\n"))
    header = next(records, None)
    if header is None:
        return Reading([refused_lines(long, longest, contract)], long_rows_told(len(long)))
    names = [] if long and long[0].line < header.line else _names(header, longest)
    if not set(names) & set(contract.delivered):
        told = "stands in a file without a header"
        refused = _batches((_refused(each, told, longest) for each in (header, *records)), contract)
        problem = problems("the header names no column of the stream", long_rows_told(len(long)))
        return Reading([refused, refused_lines(long, longest, contract)], problem)
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if not repeated and b'"' not in body and set(names) <= set(contract.delivered) and is_utf8(body):
        rows = _plain_rows(body, header.line, names, contract)
    else:
        rows = _batches((_row(record, names, contract, longest) for record in records), contract)
    if repeated:
        told = f"the header names {shortened(', '.join(repeated))} twice"
        rows = rows.with_columns(fault=pl.lit(told))
    is_open = not rows.is_empty() and not body.endswith(b"\n")
    if is_open and ends_early:
        last = pl.int_range(pl.len()) == pl.len() - 1
        rows = rows.with_columns(
            fault=pl.when(last).then(pl.lit("the file ends within the row")).otherwise("fault")
        )
    is_broken = is_open and rows["fault"][-1] is not None
    told_of_end = "the last line is cut off" if is_broken and not repeated else None
    parts = [rows, refused_lines(long, longest, contract)] if long else [rows]
    return Reading(parts, problems(told_of_end, long_rows_told(len(long))))


def _names(header: Record, longest: int) -> list[str]:
    """The columns that a header names; one that is too long names none."""
    if len(header.raw) > longest:
        return []
    return [name.strip() for name in _fields(text_of(header.raw)) or []]


def _batches(rows: Iterator[dict[str, object]], contract: Contract) -> pl.DataFrame:
    """Rows that were read one by one, a part of them at a time."""
    frames = [rows_of([], contract)]
    while batch := list(islice(rows, BATCH)):
        frames.append(rows_of(batch, contract))
    return pl.concat(frames)


def _records(lines: list[bytes]) -> Iterator[Record]:
    """The records of a file: a line, and the following ones while a quote is open."""
    line = 1
    for whole in csv_records(lines):
        raw = whole.removesuffix(b"\r")
        if raw.strip(b" \t\r"):
            yield Record(line, raw)
        line += 1 + whole.count(b"\n")


def csv_records(lines: list[bytes]) -> Iterator[bytes]:
    """Every record of a file as it stands, blank ones too; joined by line ends they are the file again."""
    start = 0
    while start < len(lines):
        end = _end_of_record(lines, start)
        yield b"\n".join(lines[start:end])
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


def _refused(record: Record, fault: str, longest: int) -> dict[str, object]:
    length = len(record.raw)
    if length > longest:
        return {"line": record.line, "raw": beginning(record.raw, length), "fault": too_long(length, longest)}
    return {"line": record.line, "raw": text_of(record.raw), "fault": fault}


def _row(record: Record, names: list[str], contract: Contract, longest: int) -> dict[str, object]:
    if len(record.raw) > longest:
        return _refused(record, "", longest)
    if not is_utf8(record.raw):
        return _refused(record, "not UTF-8", longest)
    text = record.raw.decode()
    count = text.count(",") + 1
    fields = _fields(text) if '"' in text or count == len(names) else [""] * count
    if fields is None:
        return _refused(record, "not CSV: its quotes are broken", longest)
    if len(fields) != len(names):
        return _refused(record, _miscounted(len(fields), len(names)), longest)
    value = dict(zip(names, fields, strict=True))
    faults = [f"{name}: {fault}" for name, item in value.items() if (fault := unsound_text(item))]
    known: dict[str, object] = {name: item for name, item in value.items() if name in contract.delivered}
    try:
        known["extra"] = extra_of({name: item for name, item in value.items() if item}, contract)
    except JsonError as fault:
        faults.append(f"unknown columns: {fault}")
    return {"line": record.line, "raw": text, "fault": faults_told(faults), **known}


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
