"""Stamps: size, time of change and inode of a file; who finds the same stamp need not open the file again."""

import os
from collections.abc import Iterator
from contextlib import suppress


def files_below(folder: str) -> Iterator[os.DirEntry[str]]:
    """The Parquet files below a folder, as they are published; none where it is not there."""
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir():
                yield from files_below(entry.path)
            elif entry.name.endswith(".parquet") and not entry.name.startswith("."):
                yield entry


def stamp_of(stat: os.stat_result) -> str:
    """What a file is like from outside; another file in its place has another inode."""
    return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ino}"
