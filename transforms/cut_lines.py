"""JSON lines cut at their commas: the fastest way to decode them, taken where it is proved to be right.

A log is mostly written by one program: the same columns in the same order with the same spaces, and neither
comma nor escape in any value. Such lines are CSV whose fields are `"name":value`. Counts over a block prove
that all of it is so; a block of which they do not is left to the patterns of `plain_lines`.
"""

import io
import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from transforms.canonical_json import NumberText
from transforms.contracts import Contract
from transforms.plain_lines import FLAG, WHOLE_NUMBER, Form, extra_of_form, form_of, kind_of
from transforms.reading import is_utf8, lines_of, rows_schema

_PLAIN_BYTES = bytes(byte for byte in range(0x20, 0x100) if byte not in b'",\\')
_PATTERNS = {"number": WHOLE_NUMBER, "flag": FLAG}


@dataclass(frozen=True)
class Field:
    """A column of a layout: `before` and `after` its values, and null, are the same in every line."""

    name: str
    kind: str
    before: str
    after: str
    null: str

    def holds_value(self, field: pl.Expr) -> pl.Expr:
        """Which fields hold a value of the column's kind; a text is any, quotes in it are counted elsewhere."""
        if self.kind == "null":
            return pl.lit(value=False)
        if self.kind != "text":
            values = f"(?:{_PATTERNS[self.kind]})"
            return field.str.contains(f"^{pl.escape_regex(self.before)}{values}{pl.escape_regex(self.after)}$")
        is_whole = field.str.len_bytes() >= len(self.before) + len(self.after)
        return field.str.starts_with(self.before) & field.str.ends_with(self.after) & is_whole

    def value(self, field: pl.Expr, values: int, nulls: int) -> pl.Expr:
        """The value as text; nothing is asked of each row that the block's counts have answered."""
        if not values:
            return pl.lit(None, pl.String)
        value = field.str.strip_prefix(self.before).str.strip_suffix(self.after)
        return pl.when(field != self.null).then(value) if nulls else value


@dataclass(frozen=True)
class Layout:
    """The fields of a line in order."""

    fields: tuple[Field, ...]
    form: Form


def layout_of(line: str, contract: Contract) -> Layout | None:
    """The layout of a line, or null where the line is not plain or has commas in its values."""
    form = form_of(line, contract)
    if form is None:
        return None
    pairs = json.loads(line, object_pairs_hook=list, parse_int=NumberText)
    cut = line.split(",")
    if len(cut) != len(pairs):
        return None
    fields = (_field(name, value, text, contract) for (name, value), text in zip(pairs, cut, strict=True))
    return Layout(tuple(fields), form)


def rows_cut(block: bytes, first_line: int, layout: Layout, contract: Contract) -> pl.DataFrame | None:
    """The rows of a block, or null where a line is not of the layout.

    The proof: no escape and no control character in the block; as many commas as the layout has, so that no
    line can have more fields than it; each field begins and ends as it should; as many quotes as names and
    texts have around them, so that none stands within.
    """
    marks = block.translate(None, _PLAIN_BYTES)
    ends, commas, quotes = (marks.count(mark) for mark in (b"\n", b",", b'"'))
    count = ends + (not block.endswith(b"\n"))
    width = len(layout.fields)
    if ends + commas + quotes != len(marks) or commas != count * (width - 1) or not is_utf8(block):
        return None
    cut = _cut(block, width)
    if len(cut) != count:
        return None
    columns = [pl.col(str(number)) for number in range(width)]
    values, nulls = (
        cut.select(test.sum().alias(str(number)) for number, test in enumerate(tests)).row(0)
        for tests in (
            [field.holds_value(column) for field, column in zip(layout.fields, columns, strict=True)],
            [column == field.null for field, column in zip(layout.fields, columns, strict=True)],
        )
    )
    texts = sum(found for field, found in zip(layout.fields, values, strict=True) if field.kind == "text")
    ...
