"""What stands in the site already need not be made again, nor twice."""

import os
from contextlib import suppress

HEAD = 4_096
"""Bytes of a page among which its mark stands."""


def is_made_of(path: str, *marks: str) -> bool:
    """Whether the beginning of a file has the marks of what it would be made of now."""
    try:
        with open(path, "rb", buffering=0) as opened:
            head = opened.read(HEAD)
    except FileNotFoundError:
        return False
    return all(mark.encode() in head for mark in marks)


def linked(first: str, other: str) -> bool:
    """Makes a second name for a file that is never changed in its place; False where there can be none."""
    folder, _, name = other.rpartition("/")
    beside = f"{folder}/.{name}.{os.getpid()}"
    try:
        try:
            os.link(first, beside)
        except FileNotFoundError:
            os.makedirs(folder, exist_ok=True)
            os.link(first, beside)
        os.replace(beside, other)
    except OSError:
        return False
    finally:
        with suppress(FileNotFoundError):
            os.unlink(beside)
    return True
