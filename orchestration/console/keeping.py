"""Whether a file of the site still says what it is made of: then it need not be made again."""

from pathlib import Path

HEAD = 4_096
"""Bytes of a page among which its mark stands."""


def is_made_of(path: Path, mark: str) -> bool:
    """Whether the beginning of a file has the mark of what it would be made of now."""
    try:
        with path.open("rb") as opened:
            return mark.encode() in opened.read(HEAD)
    except FileNotFoundError:
        return False
