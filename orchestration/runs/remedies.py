"""What an operator does about faults that are the machine's: disks, permissions, files of others."""

import getpass
import shutil
from collections.abc import Iterator
from pathlib import Path

from orchestration.errors import RunError, UsageError

FULL = ("no space left on device", "database or disk is full", "disk quota exceeded", "os error 28")
FORBIDDEN = (
    "permission denied",
    "operation not permitted",
    "readonly database",
    "unable to open database file",
    "os error 13",
)
UNREADABLE = ("disk i/o error", "input/output error", "os error 5)")
MALFORMED = ("disk image is malformed", "file is not a database", "malformed database schema")
"""How the kernel, Polars, DuckDB and SQLite say it; on a full disk SQLite may say any of two things."""
LEAST_FREE = 1 << 26
"""Bytes; with less a disk counts as full, as what a run had begun has gone by the time that this is asked."""


def told(error: Exception, home: Path) -> Exception:
    """An error that comes from the machine as one that says what to do; any other as it is."""
    if isinstance(error, UsageError):
        return error
    if isinstance(error, OSError) and error.filename and not _lies_in(home, error.filename):
        return error
    found = list(remedies("\n".join(str(each) for each in chain(error)), home))
    said = str(error) if isinstance(error, RunError) else _first_line(error)
    return RunError("\n".join([said, *found])) if found else error


def remedies(text: str, home: Path) -> Iterator[str]:
    """What to do about faults of the machine that a text tells of; nothing that was good is lost by them."""
    said = text.lower()
    is_unreadable = any(sign in said for sign in UNREADABLE)
    if any(sign in said for sign in FULL) or (is_unreadable and _is_nearly_full(home)):
        yield f"The disk of {home} is full: make room there, then run the same again; nothing good was lost"
    elif is_unreadable:
        yield (
            f"The disk of {home} does not read or write as it should: see what the machine says of it "
            "(journalctl -k), move the home to another one, then run the same again"
        )
    elif any(sign in said for sign in MALFORMED):
        told = f"Dagster's own record in {home / 'dagster'} is damaged"
        yield f"{told}: {new_record(home)}; then run the same again"
    elif any(sign in said for sign in FORBIDDEN):
        yield (
            f"This ran as {_user()}, who may not write everything below {home}: give it to that user "
            f"(chown -R {_user()} {home}), or run as the one whose it is; then run the same again"
        )


def new_record(home: Path) -> str:
    """What to do where Dagster's own record is damaged; its settings are kept."""
    folder, aside = home / "dagster", home / "dagster.damaged"
    return (
        "stop quarterhour-code, quarterhour-daemon and quarterhour-webserver, move that folder away "
        f"(mv {folder} {aside} && mkdir {folder} && cp -a {aside}/dagster.yaml {folder}/) and start them. It "
        "holds the history of runs, and nothing of rows, invoices or accounts"
    )


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from."""
    while error:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _lies_in(home: Path, name: object) -> bool:
    return isinstance(name, str | Path) and Path(name).resolve().is_relative_to(home.resolve())


def _is_nearly_full(home: Path) -> bool:
    try:
        return shutil.disk_usage(home).free < LEAST_FREE
    except OSError:
        return False


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "this user"
