"""One person's id replaced in a landing file, while its sender may still write into it."""

import os
from pathlib import Path

from orchestration.errors import RunError
from orchestration.lake.stamps import stamp_of
from orchestration.landing.contents import limits_of
from orchestration.landing.decompressing import TooLargeError
from orchestration.landing.files import format_of
from orchestration.landing.packing import packed_alike, unpacked
from transforms.renaming import Renaming, renamed_file

TRIES = 5
"""How often a file is read that changes while the id is replaced in it."""


def renamed(home: Path, path: Path, renaming: Renaming) -> tuple[bytes, int]:
    """What a landing file is to be, packed as it was, and how many of its rows change."""
    data = path.read_bytes()
    try:
        content, problem = unpacked(data, limits_of(home).file_bytes)
    except TooLargeError:  # ingest reads nothing of it either
        return data, 0
    after = renamed_file(content, format_of(path), renaming)
    return (packed_alike(after.data, data, problem), after.rows) if after.rows else (data, 0)


def rename_landed(home: Path, path: Path, renaming: Renaming) -> None:
    """Replaces the id in a file, and loses nothing of what its sender writes meanwhile.

    What a sender writes afterwards into the file that it still holds open goes with the old content: nobody
    can see that from here. Raises RunError where the file changes all the time: then it is as it was.
    """
    for _ in range(TRIES):
        before = stamp_of(path.stat())
        data, rows = renamed(home, path, renaming)
        if not rows or _replace(path, data, before):
            return
    raise RunError(
        f"{path} is being written: it changed each of the {TRIES} times that the id was replaced in it. Wait "
        "until its sender has closed it, then forget again, or run: what was begun is ended first, under the "
        "same pseudonym"
    )


def _replace(path: Path, data: bytes, before: str) -> bool:
    """Puts new content in the old one's place, if that still has the stamp of before; says whether it had.

    It bears the time at which it was written, not that of the old content: a pseudonym may be as long as the
    id, and a backup takes a file of the same size and time for the one that it holds (`has_linked`).
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        now = path.stat()
        if stamp_of(now) != before:
            return False
        os.chmod(beside, now.st_mode & 0o7777)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return True
