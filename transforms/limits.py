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


def bytes_told(count: int) -> str:
    """A number of bytes for people."""
    for size, unit in ((GIB, "GiB"), (MIB, "MiB"), (1 << 10, "KiB")):
        if count >= size:
            return f"{count / size:,.4g} {unit}"
    return f"{count} bytes"
