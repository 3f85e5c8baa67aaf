"""`quarterhour restore`: a backup becomes a home again, if every byte is what was backed up.

The files come into a hidden folder of the home first, and from there into their places when all are there:
nothing looks like a home that is not one. Marts and pages are not in a backup; the next run makes them.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from orchestration.backup.listing import Backup, Kept, copied
from orchestration.errors import RunError, UsageError
from orchestration.home import last_arrival, waiting_days
from orchestration.ledger import Ledger
from orchestration.runs.one_run import LOCK, only_run

COMING = ".restoring"
"""The folder in a home that holds what is being restored."""
_TOLD = 10
"""Files that an error names."""


@dataclass(frozen=True)
class Restored:
    """A restored home: how many entries its ledger has, what is wrong with that, and what to run next."""

    entries: int
    findings: list[str]
    next_command: str


def verify(backup: Backup) -> None:
    """Reads every file of a backup; RunError names those that are not what was backed up."""
    _raise_if_any([told for kept in backup.files if (told := _compared(backup, kept, None))], backup)


def restore(backup: Backup, home: Path, tell: Callable[[str], None] = lambda _: None) -> Restored:
    """Puts a backup into an empty home; UsageError where it is not empty, RunError as `verify` does."""
    home = home.resolve()
    with only_run(home, "quarterhour restore", tell):
        _refuse_full(home)
        coming = home / COMING
        shutil.rmtree(coming, ignore_errors=True)
        coming.mkdir()
        try:
            _raise_if_any(_copy(backup, coming), backup)
            os.sync()
        except BaseException:
            shutil.rmtree(coming, ignore_errors=True)
            raise
        for path in sorted(coming.iterdir()):
            os.rename(path, home / path.name)
        coming.rmdir()
        os.sync()
    return _inspected(home)


def _refuse_full(home: Path) -> None:
    names = {path.name for path in home.iterdir()} - {LOCK}
    if names - {COMING}:
        died = f"; a restore into it died, so remove all of it and restore again: rm -rf {home}"
        raise UsageError(
            f"{home} is not empty, and a restore replaces nothing"
            + (died if COMING in names else "; name a new folder by QUARTERHOUR_HOME")
        )


def _copy(backup: Backup, coming: Path) -> list[str]:
    """Copies everything; says what is not as it was backed up."""
    found = []
    for kept in backup.files:
        place = coming / kept.path
        place.parent.mkdir(parents=True, exist_ok=True)
        told = _compared(backup, kept, place)
        if told:
            found.append(told)
        else:
            shutil.copymode(backup.place(kept), place)
            os.utime(place, ns=(kept.modified_ns, kept.modified_ns))
    return found


def _compared(backup: Backup, kept: Kept, to: Path | None) -> str | None:
    """Copies or reads a file; what is wrong with it, if anything."""
    source = backup.place(kept)
    try:
        size, digest = copied(source, to)
    except FileNotFoundError:
        return f"{source} is missing"
    except OSError as error:
        if error.filename != str(source):
            raise
        return f"{source} cannot be read: {error.strerror}"
    if digest == kept.sha256:
        return None
    return f"{source} is damaged: it has {size:,} bytes, {kept.bytes:,} were backed up" + (
        "" if size != kept.bytes else ", and they are others"
    )


def _raise_if_any(found: list[str], backup: Backup) -> None:
    if found:
        more = [f"and {len(found) - _TOLD} more"] if len(found) > _TOLD else []
        raise RunError(
            "\n".join([f"{backup.folder} is not whole, nothing was restored", *found[:_TOLD], *more])
        )


def _inspected(home: Path) -> Restored:
    kept = Ledger(home)
    findings = kept.verify()
    return Restored(0 if findings else len(kept.entries()), findings, _next_command(home))


def _next_command(home: Path) -> str:
    """What makes marts and pages: the night of what waits, or of the last day once more."""
    if waiting_days(home):
        return f"QUARTERHOUR_HOME={home} quarterhour run"
    last = last_arrival(home)
    return f"QUARTERHOUR_HOME={home} quarterhour run" + (f" --date {last}" if last else "")
