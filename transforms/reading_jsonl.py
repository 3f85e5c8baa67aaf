"""JSON Lines as rows, fast where the lines are plain and carefully where they are not (R20).

A line is *plain* when it is an object of scalars with contract-conform types, no escapes and no repeated
keys. Whether it is can be told from its *shape*, the line with its values blanked: few shapes occur in a
file, so each is judged once. Plain lines are decoded by Polars, all others one by one; both give the
same rows.
"""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from transforms.canonical_json import NumberText
from transforms.contracts import Contract
from transforms.reading import BOM, Reading, is_utf8, lines_of, rows_of, rows_schema
from transforms.reading_lines import row_of_line

BLOCK_BYTES = 32 * 1024 * 1024
_MAX_OTHER_COLUMNS = 64

_STRING_VALUE = r':[ \t]*"[^"\\\x00-\x1F]*"'
_WHOLE_NUMBER_VALUE = r":[ \t]*(?:0|-?[1-9][0-9]{0,17})"
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_ .-]*")
_LONGEST_SHAPE = 4_000


@dataclass(frozen=True)
class Shape:
    """What a plain line holds beside the contract's columns: name and kind of each, sorted by name."""

    others: tuple[tuple[str, str], ...]


def read_jsonl(data: bytes, contract: Contract, block_bytes: int = BLOCK_BYTES) -> Reading:
    """The rows of a JSON Lines file; blank lines are no rows, but count as lines."""
    body = data.removeprefix(BOM)
    parts = [rows_schema(contract).to_frame()]
    first_line = 1
    for block in _blocks(body, block_bytes):
        parts.append(_block_rows(block, first_line, contract))
        first_line += block.count(b"\n")
    rows = pl.concat(parts)
    return Reading(rows, _cut_off(body, rows))


def _cut_off(body: bytes, rows: pl.DataFrame) -> str | None:
    """A last line without its end is only remarkable when it is broken."""
    if not body or body.endswith(b"\n") or rows.is_empty() or rows["fault"][-1] is None:
        return None
    return "the last line is cut off" if rows["fault"][-1].startswith("not JSON") else None


def _blocks(body: bytes, size: int) -> Iterator[bytes]:
    start = 0
    while start < len(body):
        end = len(body)
        if start + size < end:
            end = body.find(b"\n", start + size) + 1 or end
        yield body[start:end]
        start = end


def _block_rows(block: bytes, first_line: int, contract: Contract) -> pl.DataFrame:
    lines = lines_of(block).with_row_index("line", first_line).with_columns(pl.col("line").cast(pl.Int64))
    lines = lines.filter(pl.col("raw").str.strip_chars(" \t\r") != "")
    lines = lines.with_columns(shape=_shape(pl.col("raw")))
    counts = lines["shape"].unique()
    shapes = {text: shape for text in counts if (shape := _plain_shape(text, contract)) is not None}
    names = {name for shape in shapes.values() for name, _ in shape.others}
    if len(names) > _MAX_OTHER_COLUMNS:
        shapes = {text: shape for text, shape in shapes.items() if not shape.others}
        names = set()
    is_plain = lines["shape"].is_in(list(shapes))
    plain, rest = lines.filter(is_plain), lines.filter(~is_plain)
    values = _plain_values(plain, block if rest.is_empty() else _joined(plain), sorted(names), contract)
    careful = _careful_rows(rest, block, first_line, contract)
    return pl.concat([_plain_rows(plain, values, shapes, contract), careful]).sort("line")


def _joined(lines: pl.DataFrame) -> bytes:
    return "\n".join(lines["raw"]).encode()


def _shape(raw: pl.Expr) -> pl.Expr:
    return raw.str.replace_all(_STRING_VALUE, ':""').str.replace_all(_WHOLE_NUMBER_VALUE, ":0")


def _plain_shape(text: str, contract: Contract) -> Shape | None:
    """What a line of this shape holds, or null if such lines must be read with care."""
    if len(text) > _LONGEST_SHAPE or not text.lstrip(" \t").startswith("{"):
        return None
    try:
        pairs = json.loads(text, object_pairs_hook=list, parse_int=NumberText, parse_float=NumberText)
    except (ValueError, RecursionError):
        return None
    kinds = {name: _kind(value) for name, value in pairs}
    if len(kinds) != len(pairs) or not all(_PLAIN_KEY.fullmatch(name) for name in kinds):
        return None
    if not all(_fits(name, kind, contract) for name, kind in kinds.items()):
        return None
    others = sorted((name, kind) for name, kind in kinds.items() if name not in contract.delivered)
    return Shape(tuple(pair for pair in others if pair[1] != "null"))


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, NumberText):
        return "number" if value == "0" else "?"
    return "text" if value == "" else "?"


def _fits(name: str, kind: str, contract: Contract) -> bool:
    """Whether a known column has a type that needs no remark, or an unknown one is a scalar."""
    if kind in {"true", "false"}:
        return name not in contract.columns
    if kind == "number":
        return name not in contract.columns or name in contract.ids or name in contract.times
    return kind != "?"


def _plain_values(plain: pl.DataFrame, body: bytes, others: list[str], contract: Contract) -> pl.DataFrame:
    schema = pl.Schema(dict.fromkeys((*contract.delivered, *others), pl.String))
    if plain.is_empty():
        return schema.to_frame()
    values = pl.read_ndjson(io.BytesIO(body), schema=schema)
    if len(values) != len(plain):
        raise AssertionError(f"{len(plain)} plain lines were decoded as {len(values)} rows")
    return values


def _plain_rows(
    plain: pl.DataFrame, values: pl.DataFrame, shapes: dict[str, Shape], contract: Contract
) -> pl.DataFrame:
    place = plain.select("line", "raw", fault=pl.lit(None, pl.String))
    return pl.concat(
        [place, values.select(contract.delivered), _extra(values, plain["shape"], shapes).to_frame()],
        how="horizontal",
    )


def _extra(values: pl.DataFrame, shape: pl.Series, shapes: dict[str, Shape]) -> pl.Series:
    """The unknown columns as canonical JSON: plain values need no escapes, so it is put together as text."""
    kept: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for text, found in shapes.items():
        kept.setdefault(found.others, []).append(text)
    branches = [
        pl.when(pl.lit(shape).is_in(texts)).then(_object(others)) for others, texts in kept.items() if others
    ]
    if not branches:
        return pl.Series("extra", [None], pl.String).new_from_index(0, len(values))
    return values.select(pl.coalesce(branches).alias("extra")).to_series()


def _object(others: tuple[tuple[str, str], ...]) -> pl.Expr:
    parts: list[pl.Expr] = []
    for position, (name, kind) in enumerate(others):
        quote = '"' if kind == "text" else ""
        parts.append(pl.lit(("," if position else "{") + f'"{name}":{quote}'))
        parts.append(pl.col(name))
        parts.append(pl.lit(quote))
    return pl.concat_str([*parts, pl.lit("}")])


def _careful_rows(lines: pl.DataFrame, block: bytes, first_line: int, contract: Contract) -> pl.DataFrame:
    """Rows read one by one; where the block is not UTF-8 the lines' own bytes tell which ones are not."""
    raw_bytes = None if is_utf8(block) else block.split(b"\n")
    records: list[dict[str, object]] = []
    for line, raw in lines.select("line", "raw").iter_rows():
        sound = raw_bytes is None or is_utf8(raw_bytes[line - first_line])
        records.append({"line": line, "raw": raw, **row_of_line(raw, contract, sound)})
    return rows_of(records, contract)
