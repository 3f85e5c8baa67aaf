"""Plain JSON lines: those that a pattern can vouch for, so that Polars may decode them in bulk.

A line is plain when it is an object of scalars, without escapes and repeated keys, and each known column
has a type that needs no remark. The lines of a file mostly have the same keys in the same order: a
*form*. A form is learnt from one line; its pattern then tells which others are of it.
"""

import io
import json
import re
from dataclasses import dataclass

import polars as pl

from transforms.canonical_json import NumberText
from transforms.contracts import Contract
from transforms.reading import rows_schema

_TEXT = r'"[^"\\\x00-\x1F]*"'
WHOLE_NUMBER = "0|-?[1-9][0-9]{0,17}"
_FLAG = "true|false"
_KEY = re.compile("[A-Za-z_][A-Za-z0-9_-]*")
_PLAIN_TEXT = re.compile(r'[^"\\\x00-\x1F]*')
_PLAIN_NUMBER = re.compile(WHOLE_NUMBER)
_LONGEST_SAMPLE = 100_000


@dataclass(frozen=True)
class Form:
    """The pattern of a form's lines, and the kind of each column that the contract does not know."""

    pattern: str
    others: tuple[tuple[str, str], ...]


def form_of(line: str, contract: Contract) -> Form | None:
    """The form of a line, or null where the line is not plain."""
    if len(line) > _LONGEST_SAMPLE or not line.lstrip(" \t").startswith("{"):
        return None
    try:
        pairs = json.loads(line, object_pairs_hook=list, parse_int=NumberText, parse_float=NumberText)
    except (ValueError, RecursionError):
        return None
    kinds = {name: kind_of(value) for name, value in pairs}
    if len(kinds) != len(pairs) or not all(_KEY.fullmatch(name) for name in kinds):
        return None
    values = {name: _allowed(name, kind, contract) for name, kind in kinds.items()}
    if not all(values.values()):
        return None
    fields = r"[ \t]*,[ \t]*".join(f'"{name}"[ \\t]*:[ \\t]*(?:{value})' for name, value in values.items())
    form = Form(
        pattern=r"^[ \t]*\{[ \t]*" + fields + r"[ \t]*\}[ \t]*$",
        others=tuple(sorted((name, kind) for name, kind in kinds.items() if name not in contract.delivered)),
    )
    return form if re.search(form.pattern, line) else None


def rows_of_form(lines: pl.DataFrame, body: bytes, form: Form, contract: Contract) -> pl.DataFrame:
    """The rows of lines that are all of one form; `body` is their text, in which blank lines may stand."""
    schema = pl.Schema(dict.fromkeys((*contract.delivered, *(name for name, _ in form.others)), pl.String))
    values = pl.read_ndjson(io.BytesIO(body), schema=schema)
    if len(values) != len(lines):
        raise AssertionError(f"{len(lines)} plain lines were decoded as {len(values)} rows")
    place = lines.select("line", "raw", fault=pl.lit(None, pl.String))
    known = known_columns(values, form, contract)
    return pl.concat([place, known], how="horizontal").match_to_schema(rows_schema(contract))


def known_columns(values: pl.DataFrame, form: Form, contract: Contract) -> pl.DataFrame:
    """The delivered columns and `extra` of decoded lines of a form."""
    absent = [
        pl.lit(None, pl.String).alias(name) for name in contract.delivered if name not in values.columns
    ]
    return values.with_columns(absent).select(*contract.delivered, extra=_extra(form))


def kind_of(value: object) -> str:
    """What kind of value a column has, `?` if none that is plain."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, NumberText):
        return "number" if _PLAIN_NUMBER.fullmatch(value) else "?"
    return "text" if isinstance(value, str) and _PLAIN_TEXT.fullmatch(value) else "?"


def _allowed(name: str, kind: str, contract: Contract) -> str | None:
    """The pattern of a column's values: by contract, or for an unknown column of the kind seen."""
    if name == "is_test" and contract.has_test_rows:
        return f"{_TEXT}|{WHOLE_NUMBER}|{_FLAG}|null"
    if name in contract.ids or name in contract.times:
        return f"{_TEXT}|{WHOLE_NUMBER}|null"
    if name in contract.columns:
        return f"{_TEXT}|null"
    return {
        "text": f"{_TEXT}|null",
        "number": f"{WHOLE_NUMBER}|null",
        "flag": f"{_FLAG}|null",
        "null": "null",
    }.get(kind)


def _extra(form: Form) -> pl.Expr:
    """The unknown columns as canonical JSON: plain values need no escapes, so it is put together as text."""
    if not form.others:
        return pl.lit(None, pl.String)
    fields = []
    for name, kind in form.others:
        quote = '"' if kind == "text" else ""
        fields.append(pl.concat_str(pl.lit(f'"{name}":{quote}'), pl.col(name), pl.lit(quote)))
    inner = pl.concat_str(fields, separator=",", ignore_nulls=True)
    return pl.when(inner != "").then(pl.lit("{") + inner + pl.lit("}"))
