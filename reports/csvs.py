"""CSV as finance and spreadsheets read it. Pure: cells in, text out; money is Decimal.

It is that of RFC 4180: commas, CRLF, quotes where needed, a header, UTF-8. An amount is a plain number with
all its digits, and at least those of its currency's minor unit. A text that a spreadsheet program would take
for a formula has an apostrophe before it, as OWASP advises ("CSV Injection").
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from reports import formats

FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet program may take for the beginning of a formula, wide characters included."""

_NEEDS_QUOTES = re.compile(r'[,"\r\n]')


class Money(NamedTuple):
    """An amount, written with the digits of its currency."""

    amount: Decimal
    currency: str


Cell = str | int | Decimal | date | Money | None


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A whole file."""
    return written(header, ([_shown(cell) for cell in row] for row in rows))


def written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The same of texts that are as they shall stand there, but for quotes.

    A header has two columns or more: of one column an empty cell would be an empty line, which readers leave
    out. Raises ValueError for a row that has not a cell for each column: its figures would stand under the
    names of others.
    """
    return "".join(f"{_row(cells, len(header))}\r\n" for cells in (header, *rows))


def _row(cells: Sequence[str], width: int) -> str:
    """Cells beside each other; nearly all rows need no quotes, and are written as they are."""
    row = ",".join(cells)
    if len(cells) != width:
        raise ValueError(
            f"the CSV row {row[:80]!r} has {len(cells)} cells under {width} columns: give it a cell for each,"
            f" with an empty text where there is nothing"
        )
    if row.count(",") == width - 1 and '"' not in row and "\r" not in row and "\n" not in row:
        return row
    return ",".join(map(_quoted, cells))


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace('"', '""')) if _NEEDS_QUOTES.search(text) else text


@lru_cache(8_192)
def cell(text: str) -> str:
    """A text as it stands in a file."""
    return _quoted(guarded(text))


def guarded(text: str) -> str:
    """A text that no spreadsheet program runs as a formula."""
    return f"'{text}" if text[:1] in FORMULA_STARTS else text


@lru_cache(8_192)
def plain(amount: Decimal, currency: str) -> str:
    """An amount or price without separators: `1234.50`."""
    return formats.unit_price(amount, currency).replace(",", "")


def _shown(cell: Cell) -> str:
    """Texts are guarded; a number below zero is a number, not a formula."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return guarded(cell)
    if isinstance(cell, Money):
        return plain(*cell)
    return number(cell) if isinstance(cell, Decimal) else str(cell)


@lru_cache(8_192)
def number(value: Decimal) -> str:
    """A number of units without separators, and without the zeros that say nothing."""
    return formats.number(value).replace(",", "")
