"""One run at a time in a home, whoever started it: the daemon, the UI, `dg launch` or a command.

Between two steps of a run the lake holds days that are half told, and no other run may read them. So each run
holds one lock for its whole life. It is the kernel's: a process that dies lets go of it.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import get_ident
from typing import IO

LOCK = ".run.lock"
LOOK_SECONDS = 0.2
"""How often a waiting run looks; it can be interrupted in between."""
REMIND_SECONDS = 600.0
"""How often it says that it still waits."""

_held: dict[Path, int] = {}
"""Homes that this process holds, by the thread that does: within a run its parts need not wait for it."""


@dataclass(frozen=True)
class Holder:
    """Who holds a home; it stands in the lock's file as long as it does, and after it if it was killed."""

    what: str
    pid: int
    since: str

    def __str__(self) -> str:
        return f"{self.what} (process {self.pid}, since {self.since})"


def holder_of(home: Path) -> Holder | None:
    """Who holds a home, or held it last and was killed; None where nobody is noted."""
    try:
        return Holder(**json.loads((home / LOCK).read_text()))
    except (OSError, ValueError, TypeError, RecursionError):  # no such file, or it is being written
        return None


@contextmanager
def only_run(home: Path, what: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Waits until no other run works in the home, and says so.

    A part of a run that holds the home already goes on at once.
    """
    home = home.resolve()
    if _held.get(home) == get_ident():
        yield
        return
    home.mkdir(parents=True, exist_ok=True)
    with open(home / LOCK, "a+") as file:
        _wait(file, home, tell)
        _note(file, Holder(what, os.getpid(), f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"))
        _held[home] = get_ident()
        try:
            yield
        finally:
            del _held[home]
            _note(file, None)


@contextmanager
def if_free(home: Path) -> Iterator[bool]:
    """Holds the home for a moment if no run works in it; says whether it does."""
    if not home.is_dir():
        yield False
        return
    with open(home / LOCK, "a+") as file:
        yield _try(file)


def _wait(file: IO[str], home: Path, tell: Callable[[str], None]) -> None:
    next_word = 0.0
    while not _try(file):
        if time.monotonic() >= next_word:
            tell(f"waits for {holder_of(home) or 'another run'}")
            next_word = time.monotonic() + REMIND_SECONDS
        time.sleep(LOOK_SECONDS)


def _try(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _note(file: IO[str], holder: Holder | None) -> None:
    """Writes who holds the home; the file stays, for a lock on a file that was replaced would be another."""
    file.seek(0)
    file.truncate()
    if holder:
        file.write(json.dumps(asdict(holder)))
    file.flush()
