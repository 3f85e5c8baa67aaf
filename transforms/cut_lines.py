"""JSON lines cut at their commas: the fastest way to decode them, taken where it is proved to be right.

A log is mostly written by one program: the same columns in the same order with the same spaces, and neither
comma nor escape in any value. Such lines are CSV whose fields are `"name":value`. Counts over a block prove
that all of it is so; a block of which they do not is left to the patterns of `plain_lines`.
"""

import io
import json
from dataclasses import dataclass

import polars as pl

from transforms.canonical_json import NumberText
from transforms.contracts import Contract
from transforms.plain_lines import WHOLE_NUMBER, Form, form_of, kind_of, known_columns
from transforms.reading import is_utf8, rows_schema, text_of

_UNREMARKABLE = bytes(byte for byte in range(0x20, 0x100) if byte not in b'",\\')
"""All bytes but those that mark the structure of JSON, or might hide it."""


@dataclass(frozen=True)
class Field:
    """A column of a layout: what stands before and after its values, and how its null is written."""

    name: str
    kind: str
    before: str
    after: str
    null: str

    def is_value(self) -> pl.Expr:
        """Where a value of the column's kind stands; of a text only its ends are looked at."""
        field = pl.col(self.name)
        if self.kind == "text":
            is_whole = field.str.len_bytes() >= len(self.before) + len(self.after)
            return field.str.starts_with(self.before) & field.str.ends_with(self.after) & is_whole
        if self.kind == "number":
            before, after = pl.escape_regex(self.before), pl.escape_regex(self.after)
            return field.str.contains(f"^{before}(?:{WHOLE_NUMBER}){after}$")
        values = ("true", "false") if self.kind == "flag" else ()
        return field.is_in([self.before + value + self.after for value in values])

    def is_null(self) -> pl.Expr:
        """Where null stands."""
        return pl.col(self.name) == self.null

    def value(self, values: int, nulls: int) -> pl.Expr:
        """The value as text; how many values and nulls there are spares what is the same in each row."""
        if not values:
            return pl.lit(None, pl.String).alias(self.name)
        field = pl.col(self.name)
        value = (field.str.head(-len(self.after)) if self.after else field).str.tail(-len(self.before))
        return pl.when(~self.is_null()).then(value) if nulls else value


@dataclass(frozen=True)
class Layout:
    """The fields of a line in order, and the form that they make."""

    fields: tuple[Field, ...]
    form: Form


def layout_of(line: str, contract: Contract) -> Layout | None:
    """The layout of a line, or null where the line is not plain or has a comma in a value."""
    form = form_of(line, contract)
    if form is None:
        return None
    pairs = json.loads(line, object_pairs_hook=list, parse_int=NumberText)
    texts = line.split(",")
    if len(texts) != len(pairs):
        return None
    cut = zip(pairs, texts, strict=True)
    return Layout(tuple(_field(name, value, text, contract) for (name, value), text in cut), form)


def rows_cut(block: bytes, first_line: int, contract: Contract) -> pl.DataFrame | None:
    """The rows of a block, or null where it is not proved that all its lines have the layout of the first.

    The proof: each line has each field in its place, with its name and, at its ends, a value. Fields, commas
    and ends of lines account for so many marks; and there are no more, so no text goes on behind its quotes,
    no line has more fields, and no escape or control character is anywhere.
    """
    layout = layout_of(text_of(_first_line(block)), contract)
    if layout is None:
        return None
    fields = layout.fields
    marks = block.translate(None, _UNREMARKABLE)
    ends = marks.count(b"\n")
    count = ends + (not block.endswith(b"\n"))
    commas = count * (len(fields) - 1)
    if marks.count(b",") != commas or not is_utf8(block):
        return None
    cut = pl.read_csv(
        io.BytesIO(block),
        has_header=False,
        separator=",",
        quote_char=None,
        schema=dict.fromkeys((field.name for field in fields), pl.String),
        truncate_ragged_lines=True,
    )
    values = cut.select(field.is_value().sum().alias(field.name) for field in fields).row(0)
    nulls = cut.select(field.is_null().sum().alias(field.name) for field in fields).row(0)
    texts = sum(found for field, found in zip(fields, values, strict=True) if field.kind == "text")
    quotes = 2 * (count * len(fields) + texts)
    is_whole = all(found + missing == count for found, missing in zip(values, nulls, strict=True))
    if not is_whole or len(cut) != count or len(marks) != ends + commas + quotes:
        return None
    decoded = cut.select(
        field.value(found, missing) for field, found, missing in zip(fields, values, nulls, strict=True)
    )
    rows = known_columns(decoded, layout.form, contract).with_row_index("line", first_line)
    unsaid = [pl.lit(None, pl.String).alias(name) for name in ("raw", "fault")]
    return rows.with_columns(pl.col("line").cast(pl.Int64), *unsaid).select(rows_schema(contract).names())


def _first_line(block: bytes) -> bytes:
    end = block.find(b"\n")
    return block if end < 0 else block[:end]


def _field(name: str, value: object, text: str, contract: Contract) -> Field:
    """The field of a column, learnt from its value and the piece of a line in which it stands."""
    kind = kind_of(value)
    written = json.dumps(value) if value is None or isinstance(value, bool) else str(value)
    if kind == "text":
        written = f'"{value}"'
    before, _, after = text.rpartition(written)
    null = f"{before}null{after}"
    if kind == "null" and name in contract.columns:
        kind = "text"
    quote = '"' if kind == "text" else ""
    return Field(name, kind, before + quote, quote + after, null)
