"""JSON Lines as rows: lines of one layout are cut at their commas, other plain lines decoded in bulk, all
others read one by one; all to the same rows (R19, R20).
"""

from collections.abc import Iterator
from itertools import chain

import polars as pl

from transforms.contracts import Contract
from transforms.cut_lines import rows_cut
from transforms.limits import DEFAULTS, without_long_lines
from transforms.plain_lines import Form, form_of, rows_of_form
from transforms.reading import (
    BOM,
    Reading,
    is_utf8,
    lines_of,
    long_rows_told,
    problems,
    refused_lines,
    rows_of,
    text_of,
)
from transforms.reading_lines import row_of_line

BLOCK_BYTES = 8 * 1024 * 1024
MAX_SAMPLES = 40
"""Lines of a block from which forms are learnt before what is left is read one by one."""


def read_jsonl(
    data: bytes,
    contract: Contract,
    block_bytes: int = BLOCK_BYTES,
    max_samples: int = MAX_SAMPLES,
    longest: int = DEFAULTS.line_bytes,
) -> Reading:
    """The rows of a JSON Lines file; blank lines are no rows, but count as lines."""
    body, long = without_long_lines(data.removeprefix(BOM), longest)
    cut_off = "the last line is cut off" if _is_cut_off(body, contract) else None
    parts = _parts(body, contract, block_bytes, max_samples)
    if long:
        parts = chain(parts, [refused_lines(long, longest, contract)])
    return Reading(parts, problems(cut_off, long_rows_told(len(long))), body)


def _is_cut_off(body: bytes, contract: Contract) -> bool:
    """A last line without a line end is remarkable only when it is broken."""
    if body.endswith(b"\n"):
        return False
    last = body.rstrip(b" \t\r\n").rpartition(b"\n")[2]
    fault = row_of_line(text_of(last), contract, is_utf8(last)).get("fault")
    return bool(last) and fault is not None and fault.startswith("not ")


def _parts(body: bytes, contract: Contract, block_bytes: int, max_samples: int) -> Iterator[pl.DataFrame]:
    forms: list[Form] = []
    first_line = 1
    for block in _blocks(body, block_bytes):
        rows = rows_cut(block, first_line, contract) if max_samples else None
        if rows is None:
            yield from _block_rows(block, first_line, forms, max_samples, contract)
            first_line += block.count(b"\n")
        else:
            yield rows
            first_line += len(rows)


def _blocks(body: bytes, size: int) -> Iterator[bytes]:
    """Pieces that end where a line ends."""
    start = 0
    while start < len(body):
        end = body.find(b"\n", start + size) + 1 or len(body)
        yield body[start:end]
        start = end


def _block_rows(
    block: bytes, first_line: int, forms: list[Form], max_samples: int, contract: Contract
) -> list[pl.DataFrame]:
    """The rows of a block by line; forms that it teaches are added to `forms`."""
    lines = lines_of(block).with_row_index("line", first_line).with_columns(pl.col("line").cast(pl.Int64))
    lines = lines.filter(pl.col("raw").str.strip_chars(" \t\r") != "")
    of_forms, left = _by_form(lines, forms, max_samples, contract)
    parts = []
    for form, of_form in of_forms:
        body = block if len(of_form) == len(lines) else "\n".join(of_form["raw"]).encode()
        parts.append(rows_of_form(of_form, body, form, contract))
    if not left.is_empty():
        parts.append(_careful_rows(left, block, first_line, contract))
    return parts if len(parts) < 2 else [pl.concat(parts).sort("line")]


def _by_form(
    lines: pl.DataFrame, forms: list[Form], max_samples: int, contract: Contract
) -> tuple[list[tuple[Form, pl.DataFrame]], pl.DataFrame]:
    """The lines of each form that occurs, and those that are of none."""
    found: list[tuple[Form, pl.DataFrame]] = []
    known = iter(tuple(forms))
    left, samples = lines, 0
    while not left.is_empty():
        form = next(known, None)
        if form is None:
            samples += 1
            if samples > max_samples:
                break
            form = form_of(left["raw"][_spread(samples, len(left))], contract)
            if form is None:
                continue
            forms.append(form)
        is_of_form = left["raw"].str.contains(form.pattern)
        if is_of_form.any():
            found.append((form, left.filter(is_of_form)))
            left = left.filter(~is_of_form)
    return found, left


def _spread(number: int, length: int) -> int:
    """The place of the numbered sample: a fixed sequence that covers a file evenly, by the golden ratio."""
    return (number * 40_503 % 65_536) * length // 65_536


def _careful_rows(lines: pl.DataFrame, block: bytes, first_line: int, contract: Contract) -> pl.DataFrame:
    """Rows read one by one; where the block is not UTF-8 the lines' own bytes tell which ones are not."""
    raw_bytes = None if is_utf8(block) else block.split(b"\n")
    records: list[dict[str, object]] = []
    for line, raw in lines.select("line", "raw").iter_rows():
        sound = raw_bytes is None or is_utf8(raw_bytes[line - first_line])
        records.append({"line": line, "raw": raw, **row_of_line(raw, contract, sound)})
    return rows_of(records, contract)
