"""How much of a file is taken: what is larger is refused by name, before it fills the memory."""

from dataclasses import dataclass

GIB, MIB = 1 << 30, 1 << 20


@dataclass(frozen=True)
class Limits:
    """The bounds of one file. A file is held whole, so that they also bound the memory of a run.

    A file of good rows takes five times its decompressed bytes while it is read; one of nothing but short
    lines that are all refused takes half a kilobyte a line.
    """

    file_bytes: int = 3 * GIB
    """Decompressed: some 14 million messages in one file."""
    lines: int = 20_000_000
    """Lines, or values of a Parquet column."""
    line_bytes: int = 16 * MIB
    """One row; a message is a few hundred bytes."""


DEFAULTS = Limits()
SHOWN_OF_LONG = 1_000
"""Bytes of a long line that are kept with its reason; the file itself stays in landing."""


def bytes_told(count: int) -> str:
    """A number of bytes for people."""
    for size, unit in ((GIB, "GiB"), (MIB, "MiB"), (1 << 10, "KiB")):
        if count >= size:
            return f"{count / size:,.4g} {unit}"
    return f"{count} bytes"


@dataclass(frozen=True)
class LongLine:
    """A line that is not taken: its number, its length, and its beginning."""

    line: int
    length: int
    beginning: bytes


def without_long_lines(body: bytes, limit: int) -> tuple[bytes, list[LongLine]]:
    """The text with each line that is longer than the limit left empty, and those lines.

    Whole stretches of shorter lines are stepped over at once, by the last end of a line within the limit.
    """
    kept: list[bytes] = []
    long: list[LongLine] = []
    start = copied = line = 0
    while start < len(body):
        end = body.rfind(b"\n", start, start + limit + 1)
        if end < 0 and start + limit < len(body):
            line += body.count(b"\n", copied, start)
            end = body.find(b"\n", start)
            end = len(body) if end < 0 else end
            long.append(LongLine(line + 1, end - start, body[start : start + SHOWN_OF_LONG]))
            kept.append(body[copied:start])
            copied = end
        elif end < 0:
            break
        start = end + 1
    return (b"".join([*kept, body[copied:]]), long) if long else (body, long)
