"""The common shape of rows that have been read but not yet judged: every known column as text."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from transforms.contracts import Contract
from transforms.limits import SHOWN_OF_LONG, LongLine, bytes_told

BOM = b"\xef\xbb\xbf"
_SHOWN = 60
MOST_FAULTS = 40
_ABSENT = b"\x01"


@dataclass(frozen=True)
class Reading:
    """The rows of a file and what is wrong with the file as a whole.

    `parts` are the rows in order, a block at a time, read as they are asked for. They have line, raw, fault
    (why the row could not be read as its contract asks, else null), the delivered columns of the contract as
    text, and extra. A row without `raw` is its line of `text`.
    """

    parts: Iterable[pl.DataFrame]
    problem: str | None = None
    text: bytes = b""

    def with_raw(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Some of the rows, each with its `raw`, which is not kept of rows that are likely to be good."""
        if not rows["raw"].null_count():
            return rows
        lines = self.text.split(b"\n")
        places = rows.select("line", "raw").iter_rows()
        raws = [text_of(lines[line - 1]) if raw is None else raw for line, raw in places]
        return rows.with_columns(pl.Series("raw", raws, pl.String))


def refused_whole(size: int, why: str, contract: Contract) -> Reading:
    """A file of which no row is taken: it counts as one refused row."""
    row: dict[str, object] = {"line": 1, "raw": f"<{size} bytes>", "fault": why}
    return Reading([rows_of([row], contract)], why)


def refused_lines(long: Sequence[LongLine], limit: int, contract: Contract) -> pl.DataFrame:
    """The rows of lines that were too long to be read."""
    return rows_of(
        [
            {
                "line": each.line,
                "raw": beginning(each.beginning, each.length),
                "fault": too_long(each.length, limit),
            }
            for each in long
        ],
        contract,
    )


def too_long(length: int, limit: int) -> str:
    """What is said of a row beyond the limit."""
    return f"a row of {bytes_told(length)}, the setting longest_line takes {bytes_told(limit)}"


def beginning(data: bytes, length: int) -> str:
    """What is kept of a long row."""
    return f"{text_of(data[:SHOWN_OF_LONG])}… <{length} bytes>"


def long_rows_told(count: int) -> str | None:
    """The remark on a file with rows that were too long."""
    rows = "a row is" if count == 1 else f"{count} rows are"
    return f"{rows} longer than the setting longest_line takes" if count else None


def rows_schema(contract: Contract) -> pl.Schema:
    """Columns and types of `Reading.parts`."""
    texts = dict.fromkeys((*contract.delivered, "extra"), pl.String)
    return pl.Schema({"line": pl.Int64, "raw": pl.String, "fault": pl.String, **texts})


def rows_of(records: list[dict[str, object]], contract: Contract) -> pl.DataFrame:
    """Rows that were read one by one."""
    schema = rows_schema(contract)
    return pl.DataFrame({name: [record.get(name) for record in records] for name in schema}, schema=schema)


def text_of(data: bytes) -> str:
    """The bytes as text; what is not UTF-8 becomes backslash escapes, so that nothing of it is lost."""
    return data.decode("utf-8", "backslashreplace")


def is_utf8(data: bytes) -> bool:
    """Whether the bytes are text at all."""
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def shortened(text: str) -> str:
    """A value as a sentence can show it."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def shortened_expr(text: pl.Expr) -> pl.Expr:
    """`shortened` for a column."""
    return pl.when(text.str.len_chars() <= _SHOWN).then(text).otherwise(text.str.slice(0, _SHOWN) + "…")


def unsound_text(text: str) -> str | None:
    """Why a text cannot be kept as a value: NUL ends it elsewhere, half a surrogate pair is no character."""
    if "\0" in text:
        return "text with a NUL character"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "text with half a surrogate pair"
    return None


def faults_told(faults: Sequence[str]) -> str | None:
    """What is wrong with a row in one sentence; a row of a million faults is no worse than one of ten."""
    more = f"and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else None
    return problems(*faults[:MOST_FAULTS], more)


def problems(*found: str | None) -> str | None:
    """Several remarks on one file as one."""
    return "; ".join(problem for problem in found if problem) or None


def lines_of(block: bytes) -> pl.DataFrame:
    """The lines of a text as column `raw`, their ends cut off.

    The fastest reader of lines is the one of CSV, told of one column without quotes and a separator that
    is not in the text.
    """
    if _ABSENT not in block and is_utf8(block):
        lines = pl.read_csv(
            io.BytesIO(block),
            has_header=False,
            separator=_ABSENT.decode(),
            quote_char=None,
            schema={"raw": pl.String},
            empty_string_is_null=False,
        )
        if len(lines) == block.count(b"\n") + (not block.endswith(b"\n")):
            return lines
    texts = text_of(block).removesuffix("\n").split("\n")
    return pl.DataFrame({"raw": [text.removesuffix("\r") for text in texts]}, schema={"raw": pl.String})
