"""Signs of life of Dagster's runs, for Dagster itself cannot see whether the process of a run lives.

Each run has a file, locked by its process from before it waits for its turn until Dagster has noted its
end. The lock is the kernel's: a process that dies lets go of it, and the file that is left says whose died.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from orchestration.locking import locked

SIGNS = Path("dagster", ".runs")
"""The folder of the files in a home; it goes with Dagster's record of runs, wherever that is moved."""
_LOCK = ".lock"
"""Held while a file is made and locked: in between it would look like that of a dead process."""
_DONE = "done"
"""Stands in the file of a run whose work has ended in good order; whether Dagster knows, it alone can say."""

_held: dict[Path, IO[str]] = {}
"""Files that this process keeps locked for as long as it lives."""


@contextmanager
def alive(home: Path, run_id: str) -> Iterator[None]:
    """Says that this process works on a run, or waits to; a part of it that says so again changes nothing.

    For who sees Dagster note the end: the file goes with it. Behind an error it is left, as behind a death:
    on a full disk Dagster did not note the end either.
    """
    sign = _sign(home, run_id)
    if sign.exists():
        yield
        return
    with _laid(sign):
        yield
        sign.unlink(missing_ok=True)


@contextmanager
def alive_until_exit(home: Path, run_id: str) -> Iterator[None]:
    """The same for a part of a run, which ends before Dagster notes the end of the whole.

    The file stays locked until the process ends, and is left for who asks Dagster what became of the run.
    """
    sign = _sign(home, run_id)
    if sign.exists():
        yield
        return
    held = _held[sign] = _laid(sign)
    yield
    with suppress(OSError):  # on a full disk it looks like a killed one until Dagster is asked
        held.write(_DONE)
        held.flush()


def runs_let_go(home: Path) -> list[str]:
    """The ids of runs that no process holds any more; Dagster says whether they have ended."""
    return [sign.name for sign in _free_signs(home)]


def killed_runs(home: Path) -> list[str]:
    """Those of them that did not end in good order; Dagster may know of it."""
    return [sign.name for sign in _free_signs(home) if not _is_done(sign)]


def has_sign(home: Path, run_id: str) -> bool:
    """Whether a run has said that it lives, and nobody has put that away."""
    return _sign(home, run_id).exists()


def was_begun_here(home: Path, run_id: str) -> bool:
    """Whether a part of a run has said in this process that it lives."""
    return _sign(home, run_id) in _held


def put_away(home: Path, run_id: str) -> None:
    """Removes what a run has left here: Dagster knows of its end."""
    _sign(home, run_id).unlink(missing_ok=True)


def _sign(home: Path, run_id: str) -> Path:
    return home.resolve() / SIGNS / run_id


def _laid(sign: Path) -> IO[str]:
    """The file of a run, made and locked."""
    with locked(sign.with_name(_LOCK)):
        held = sign.open("w")
        fcntl.flock(held, fcntl.LOCK_EX)
    return held


def _free_signs(home: Path) -> list[Path]:
    folder = home.resolve() / SIGNS
    if not _signs(folder):
        return []
    with locked(folder / _LOCK):
        return [sign for sign in _signs(folder) if _is_free(sign)]


def _signs(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.name != _LOCK)


def _is_free(sign: Path) -> bool:
    try:
        with sign.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):  # it works, or has ended meanwhile
        return False
    return True


def _is_done(sign: Path) -> bool:
    try:
        return sign.read_text() == _DONE
    except FileNotFoundError:  # somebody has put it away meanwhile
        return True
