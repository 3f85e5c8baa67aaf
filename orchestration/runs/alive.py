"""Signs of life of Dagster's runs, for Dagster itself cannot see whether the process of a run lives.

Each run has a file, locked by its process from before it waits for its turn until it ends. The lock is the
kernel's: a process that dies lets go of it, and the file that is left says whose process died.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.locking import locked

SIGNS = Path("dagster", ".runs")
"""The folder of the files in a home; it goes with Dagster's record of runs, wherever that is moved."""
_LOCK = ".lock"
"""Held while a file is made and locked: in between it would look like that of a dead process."""


@contextmanager
def alive(home: Path, run_id: str) -> Iterator[None]:
    """Says that this process works on a run, or waits to; a part of it that says so again changes nothing.

    Behind an error the file is left, as behind a death: on a full disk Dagster did not note the end either.
    """
    folder = home.resolve() / SIGNS
    sign = folder / run_id
    if sign.exists():
        yield
        return
    with locked(folder / _LOCK):
        held = sign.open("w")
        fcntl.flock(held, fcntl.LOCK_EX)
    with held:
        yield
        sign.unlink(missing_ok=True)


def killed_runs(home: Path) -> list[str]:
    """The ids of runs that nobody works on, though they did not end in good order; Dagster may know of it."""
    folder = home.resolve() / SIGNS
    if not _signs(folder):
        return []
    with locked(folder / _LOCK):
        return [sign.name for sign in _signs(folder) if _is_free(sign)]


def put_away(home: Path, run_id: str) -> None:
    """Removes what a killed run has left here: it is known."""
    (home / SIGNS / run_id).unlink(missing_ok=True)


def _signs(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.name != _LOCK)


def _is_free(sign: Path) -> bool:
    try:
        with sign.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):  # it works, or has ended meanwhile
        return False
    return True
