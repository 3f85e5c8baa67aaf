"""A person's id replaced by a pseudonym, in files as delivered and in clean rows; no count depends on it.

Replaced is the value of `user_id`, and of `session_id` and `agent_id` where it is the same text, in every row
of the account or of all: one name for another that nobody else has, so that what was together stays together
(R1). In the person's own rows also each text of an unknown column, at any depth, that is the id and nothing
else. All other bytes of a file stay, and so do its lines.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from transforms.contracts import STREAMS, contract_of
from transforms.parsing import Format
from transforms.reading import BOM
from transforms.reading_csv import csv_records

RENAMED = ("user_id", "session_id", "agent_id")
"""The columns of the contracts in which the id is replaced."""
_KNOWN = frozenset(name for stream in STREAMS for name in contract_of(stream).delivered)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_COLON = re.compile(r"[ \t]*:")
_FIELD = re.compile(r'"(?:[^"]|"")*"[^,]*|[^,]*')


@dataclass(frozen=True)
class Renaming:
    """One person's id and what stands for it from now on; of one account, or of all."""

    user_id: str
    pseudonym: str
    account_id: str | None = None

    def is_in(self, text: str) -> bool:
        """Whether a text may hold the id: an escape may hide it."""
        return self.user_id in text or "\\" in text


class Renamed(NamedTuple):
    """A file's bytes afterwards, and how many rows of it were changed."""

    data: bytes
    rows: int


class _Value(NamedTuple):
    start: int
    end: int
    column: str | None
    is_outer: bool
    text: str
    is_text: bool


def renamed_file(data: bytes, fmt: Format, renaming: Renaming) -> Renamed:
    """A file of any format with the person renamed; where nothing is to be replaced, the same bytes."""
    if fmt == "parquet":
        return _renamed_parquet(data, renaming)
    return _renamed_csv(data, renaming) if fmt == "csv" else _renamed_lines(data, renaming)


def renamed_json(line: str, renaming: Renaming) -> str:
    """A JSON line with the person renamed; also of one that is broken as much as can be told."""
    if not renaming.is_in(line):
        return line
    values = list(_values(line))
    outer = {value.column: value.text for value in values if value.is_outer}
    if renaming.account_id not in (None, outer.get("account_id")):
        return line
    is_own = outer.get("user_id") == renaming.user_id
    found = [value for value in values if value.text == renaming.user_id and _is_renamed(value, is_own)]
    return _replaced(line, [(value.start, value.end) for value in found], json.dumps(renaming.pseudonym))


def renamed_rows(rows: pl.DataFrame, renaming: Renaming) -> pl.DataFrame:
    """Clean rows as they will be when their file was renamed; keys are those of before."""
    is_its = pl.lit(value=True)
    if renaming.account_id is not None:
        is_its = pl.col("account_id") == renaming.account_id
    is_own = (is_its & (pl.col("user_id") == renaming.user_id)).fill_null(value=False)
    names = [name for name in RENAMED if name in rows.columns]
    own = rows.select(is_own).to_series()
    columns = [
        pl.when((is_its & (pl.col(name) == renaming.user_id)).fill_null(value=False))
        .then(pl.lit(renaming.pseudonym))
        .otherwise(pl.col(name))
        .alias(name)
        for name in names
    ]
    changed = rows.with_columns(columns)
    if "extra" not in rows.columns or not own.any():
        return changed
    pairs = zip(rows["extra"], own, strict=True)
    extra = [_renamed_extra(text, renaming) if mine and text else text for text, mine in pairs]
    return changed.with_columns(pl.Series("extra", extra, pl.String))


def without_person(row: dict[str, object]) -> dict[str, object]:
    """A clean row with the same mark in place of its person's id, wherever a renaming would replace it."""
    user_id = row.get("user_id")
    if not isinstance(user_id, str):
        return row
    mark = Renaming(user_id, "\0")
    others = {name: "\0" for name in RENAMED if row.get(name) == user_id}
    extra = row.get("extra")
    if isinstance(extra, str) and mark.is_in(extra):
        others["extra"] = _renamed_extra(extra, mark)
    return {**row, **others}


def _renamed_extra(extra: str, renaming: Renaming) -> str:
    spots = [
        (value.start, value.end)
        for value in _values(extra)
        if value.is_text and value.text == renaming.user_id
    ]
    return _replaced(extra, spots, json.dumps(renaming.pseudonym))


def _is_renamed(value: _Value, is_own: bool) -> bool:
    if value.is_outer and value.column in RENAMED:
        return True
    return is_own and value.is_text and not (value.is_outer and value.column in _KNOWN)


def _replaced(text: str, spots: list[tuple[int, int]], by: str) -> str:
    for start, end in reversed(spots):
        text = text[:start] + by + text[end:]
    return text


def _values(line: str) -> Iterator[_Value]:
    """The scalars of a JSON text, with the column of the outer object that they stand in."""
    depth, column = 0, None
    for match in _TOKEN.finditer(line):
        token = match.group()
        if token in "{[":
            depth += 1
        elif token in "}]":
            depth -= 1
        elif token not in ":,":
            is_text = token.startswith('"')
            text = _text(token) if is_text else token
            if is_text and _COLON.match(line, match.end()):
                column = text if depth <= 1 else column
            else:
                yield _Value(*match.span(), column, depth <= 1, text, is_text)


def _text(token: str) -> str:
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return token[1:-1]


def _renamed_lines(data: bytes, renaming: Renaming) -> Renamed:
    needle = renaming.user_id.encode()
    if needle not in data and b"\\" not in data:
        return Renamed(data, 0)
    rows = 0
    lines = data.split(b"\n")
    for number, line in enumerate(lines):
        if needle in line or b"\\" in line:
            before = line.decode("utf-8", "surrogateescape")
            after = renamed_json(before, renaming)
            if after != before:
                lines[number] = after.encode("utf-8", "surrogateescape")
                rows += 1
    return Renamed(b"\n".join(lines), rows) if rows else Renamed(data, 0)


def _renamed_csv(data: bytes, renaming: Renaming) -> Renamed:
    """Fields of records as they stand; where a record has not the header's fields, each that is the id."""
    mark = BOM if data.startswith(BOM) else b""
    out, rows, names = [], 0, None
    for record in csv_records(data[len(mark) :].split(b"\n")):
        before = record.decode("utf-8", "surrogateescape")
        fields = _fields(before)
        if names is None and before.strip(" \t\r"):
            names = [text.strip() for _, _, text in fields]
            out.append(record)
            continue
        if renaming.user_id not in before:
            out.append(record)
            continue
        spots = _spots(fields, names or [], renaming)
        rows += bool(spots)
        out.append(_replaced(before, spots, renaming.pseudonym).encode("utf-8", "surrogateescape"))
    return Renamed(mark + b"\n".join(out), rows) if rows else Renamed(data, 0)


def _fields(record: str) -> list[tuple[int, int, str]]:
    """Where each field of a record stands, and what it says."""
    fields, start = [], 0
    body = record.removesuffix("\r")
    while True:
        match = _FIELD.match(body, start)
        end = match.end() if match else len(body)
        raw = body[start:end]
        text = next(csv.reader(io.StringIO(raw, newline="")), [""]) if raw.startswith('"') else [raw]
        fields.append((start, end, text[0] if text else ""))
        if end >= len(body):
            return fields
        start = end + 1


def _spots(fields: list[tuple[int, int, str]], names: list[str], renaming: Renaming) -> list[tuple[int, int]]:
    its = [(start, end) for start, end, text in fields if text == renaming.user_id]
    if len(fields) != len(names) or len(set(names)) != len(names):
        return its if renaming.account_id is None else []
    of_name = dict(zip(names, fields, strict=True))
    if renaming.account_id is not None and of_name.get("account_id", (0, 0, ""))[2] != renaming.account_id:
        return []
    is_own = of_name.get("user_id", (0, 0, ""))[2] == renaming.user_id
    return [
        (start, end)
        for name, (start, end, text) in of_name.items()
        if text == renaming.user_id and (name in RENAMED or (is_own and name not in _KNOWN))
    ]


def _renamed_parquet(data: bytes, renaming: Renaming) -> Renamed:
    """Texts of columns; of nested ones nothing. A file that cannot be read stays as it is."""
    try:
        frame = pl.read_parquet(io.BytesIO(data), hive_partitioning=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        return Renamed(data, 0)
    texts = frame.with_columns(
        pl.col(name).cast(pl.String)
        for name, dtype in frame.schema.items()
        if dtype in (pl.Categorical, pl.Enum) or (dtype.is_integer() and name in RENAMED)
    )
    names = [name for name, dtype in texts.schema.items() if dtype == pl.String]
    if "user_id" not in names or (renaming.account_id is not None and "account_id" not in frame.columns):
        return Renamed(data, 0)
    is_its = pl.lit(value=True)
    if renaming.account_id is not None:
        is_its = pl.col("account_id").cast(pl.String) == renaming.account_id
    is_own = pl.col("user_id") == renaming.user_id
    spots = {
        name: (is_its & (pl.col(name) == renaming.user_id) & (True if name in RENAMED else is_own))
        for name in names
        if name in RENAMED or name not in _KNOWN
    }
    spots = {name: spot.fill_null(value=False) for name, spot in spots.items()}
    rows = int(texts.select(pl.any_horizontal(spots.values()).sum()).item())
    if not rows:
        return Renamed(data, 0)
    changed = texts.with_columns(
        pl.when(spot).then(pl.lit(renaming.pseudonym)).otherwise(pl.col(name)).alias(name)
        for name, spot in spots.items()
    )
    out = io.BytesIO()
    changed.write_parquet(out)
    return Renamed(out.getvalue(), rows)
