"""`quarterhour backup`: a home copied while it is in use.

What lies in landing, lake, ledger and outbox is published by a rename and never changed in its place. So it
is enough to hold the home for as long as it takes to give each file a second name, in a hidden folder; from
these the files are copied when runs work there again. What has not changed since the last backup is not
copied: it gets a second name in the new one.

Left out is what the next run makes again: marts, pages, and dbt's workshop. Dagster's databases are copied by
SQLite itself, each as it is at one instant.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from orchestration.backup.listing import HOME, Backup, Kept, backups_in, copied, read_backup, write_list
from orchestration.errors import RunError, UsageError
from orchestration.home import REPORTS, WAREHOUSE, dagster_home
from orchestration.ledger.head import sync_folder
from orchestration.locking import locked
from orchestration.privacy.dropped import JOURNAL as RETAINING
from orchestration.privacy.forgetting import JOURNAL
from orchestration.runs.alive import killed_runs
from orchestration.runs.one_run import only_run

SECOND_NAMES = ".backing-up"
"""The folder in a home that holds second names while a backup is made."""
DAGSTER = "dagster"
_HIDDEN_TOO = frozenset({".sent", ".demo", JOURNAL, RETAINING})
"""Hidden names that say something; the others are locks, and what is being written."""
_LOGS = "storage"
"""Dagster's folder of what runs printed."""


@dataclass
class BackedUp:
    """What a backup holds, and how much of it had to be copied; `left_out` says what it does not hold."""

    folder: Path
    files: int = 0
    bytes: int = 0
    copied_files: int = 0
    copied_bytes: int = 0
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Named:
    """A file that is to be copied: its path in the home, its second name, and when it was written."""

    path: str
    place: Path
    modified_ns: int


def back_up(
    home: Path, to: Path, tell: Callable[[str], None] = lambda _: None, now: datetime | None = None
) -> BackedUp:
    """Makes a new backup in the folder `to`, whole or not at all.

    Waits for a run that works in the home, and tells of it. Raises UsageError where there is no home, or
    where the backup would lie in it, RunError where it cannot be written.
    """
    home, to = home.resolve(), to.resolve()
    if not (home / "landing").is_dir() and not (home / "ledger").is_dir():
        raise UsageError(f"{home} is no home: it has neither landing/ nor ledger/; set QUARTERHOUR_HOME")
    if to.is_relative_to(home):
        raise UsageError(f"{to} lies in the home: a backup belongs on another disk")
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    at = (now or datetime.now(UTC)).astimezone(UTC)
    with locked(to / ".lock"):
        for left in to.glob(".*.partial"):
            shutil.rmtree(left)
        last = _last(to)
        beside = to / f".{at:%Y-%m-%dT%H%M%SZ}.partial"
        try:
            done, kept = _filled(home, beside, last, tell)
            write_list(beside, at.isoformat(timespec="seconds"), kept)
            os.sync()
            done.folder = _free_name(to, f"{at:%Y-%m-%dT%H%M%SZ}")
            os.rename(beside, done.folder)
            sync_folder(to)
        except OSError as error:
            raise RunError(
                f"no backup was made: {error.strerror or error}: {error.filename or to}; "
                f"there are {shutil.disk_usage(to).free:,} bytes free in {to}"
            ) from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
            shutil.rmtree(home / SECOND_NAMES, ignore_errors=True)
    return done


def _last(to: Path) -> Backup | None:
    """The newest backup that can be read: what did not change since then has its bytes there."""
    for folder in reversed(backups_in(to)):
        try:
            return read_backup(folder)
        except RunError:
            continue
    return None


def _free_name(to: Path, name: str) -> Path:
    names = [to / name, *(to / f"{name}-{number}" for number in range(2, 1000))]
    return next(path for path in names if not path.exists())


def _filled(
    home: Path, beside: Path, last: Backup | None, tell: Callable[[str], None]
) -> tuple[BackedUp, list[Kept]]:
    """The files of the home in a backup that is not whole yet."""
    done, kept = BackedUp(beside), list[Kept]()
    (beside / HOME).mkdir(parents=True)
    filling = _Filling(beside / HOME, last, done, kept)
    second = home / SECOND_NAMES
    with only_run(home, "quarterhour backup", tell):
        _bury(home, tell)
        shutil.rmtree(second, ignore_errors=True)
        second.mkdir()
        named = list(_with_second_names(home, second, filling))
    for each in named:
        filling.copy(each)
    for path in sorted((home / DAGSTER).rglob("*.db")):
        filling.copy_database(path, path.relative_to(home).as_posix())
    return done, kept


def _with_second_names(home: Path, second: Path, filling: "_Filling") -> Iterator[_Named]:
    """The files that the last backup does not have; where a second name is refused, they are copied now."""
    for number, (path, name) in enumerate(_files_of(home, filling.done.left_out)):
        try:
            modified = path.stat()
            if filling.has_linked(name, modified):
                continue
            os.link(path.resolve(), second / str(number))
        except FileNotFoundError:  # it was renamed: who lands files does not wait for us
            continue
        except OSError:  # another disk, another owner, or a file system without second names
            filling.copy(_Named(name, path, modified.st_mtime_ns))
        else:
            yield _Named(name, second / str(number), modified.st_mtime_ns)


def _files_of(home: Path, left_out: list[str]) -> Iterator[tuple[Path, str]]:
    """The files of a home that the next run could not make again, with their names in it."""
    for top in sorted(home.iterdir()):
        if top.name.startswith((".", WAREHOUSE)) or top.name in (REPORTS, DAGSTER):
            if top.name in _HIDDEN_TOO:
                yield top, top.name
        elif top.is_file():
            yield top, top.name
        elif (top / "landing").is_dir():
            left_out.append(f"{top.name}/ is a home of its own: QUARTERHOUR_HOME={top} quarterhour backup …")
        else:
            yield from _below(top, top.name, 2 if top.name == "landing" else 0)
    for path in sorted((home / DAGSTER).glob("*.yaml")):
        yield path, path.relative_to(home).as_posix()


def _below(folder: Path, name: str, links: int) -> Iterator[tuple[Path, str]]:
    """The files below a folder; on `links` levels links to folders are followed, as an ingest does."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(".") and path.name not in _HIDDEN_TOO:
            continue
        below = f"{name}/{path.name}"
        if path.is_dir() and (links > 0 or not path.is_symlink()):
            yield from _below(path, below, links - 1)
        elif path.is_file():
            yield path, below


def _bury(home: Path, tell: Callable[[str], None]) -> None:
    """Dagster hears of a run that was killed from whoever comes next; a backup does without it."""
    dead = killed_runs(home)
    if not dead:
        return
    import dagster as dg  # noqa: PLC0415  # seconds, and seldom

    from orchestration.runs.burying import bury  # noqa: PLC0415  # it imports Dagster

    try:
        dagster_home(home)
        with dg.DagsterInstance.get() as instance:
            bury(home, instance, tell)
    except Exception as error:  # whatever its storage raises
        tell(f"Dagster could not be told that its run {', '.join(dead)} was killed: {error}")


class _Filling:
    """A backup that is being filled, and the last one."""

    def __init__(self, root: Path, last: Backup | None, done: BackedUp, kept: list[Kept]):
        self._root, self.done, self._kept, self._last = root, done, kept, last
        self._known = {each.path: each for each in last.files} if last else {}

    def has_linked(self, name: str, now: os.stat_result) -> bool:
        """Takes a file from the last backup where it is there, and has not been written since."""
        known = self._known.get(name)
        if self._last is None or known is None or known.modified_ns != now.st_mtime_ns:
            return False
        before = self._last.place(known)
        try:
            if not known.bytes == now.st_size == before.stat().st_size:
                return False
            os.link(before, self._place(name))
        except OSError:  # it is gone, or has all the names that it can have: then it is copied
            return False
        self._add(known)
        return True

    def copy(self, named: _Named) -> None:
        """Copies a file; one that grows meanwhile as far as it is there."""
        place = self._place(named.path)
        try:
            size, digest = copied(named.place, place)
        except FileNotFoundError:
            return
        self._settle(place, Kept(named.path, size, named.modified_ns, digest))

    def copy_database(self, path: Path, name: str) -> None:
        """Copies a database of SQLite as it is at one instant; a damaged one is left out, and told."""
        try:
            stat = path.stat()
            journal = path.with_name(path.name + "-wal")
            if not (journal.exists() and journal.stat().st_size) and self.has_linked(name, stat):
                return
            place = self._place(name)
            with (
                closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=60)) as source,
                closing(sqlite3.connect(place)) as target,
            ):
                source.backup(target)
        except FileNotFoundError:
            return
        except sqlite3.Error as error:
            self._place(name).unlink(missing_ok=True)
            if path.exists():
                self.done.left_out.append(f"{name}: {error}; Dagster's history is not in this backup")
            return
        size, digest = copied(place, None)
        self._settle(place, Kept(name, size, stat.st_mtime_ns, digest))

    def _place(self, name: str) -> Path:
        place = self._root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def _settle(self, place: Path, kept: Kept) -> None:
        os.utime(place, ns=(kept.modified_ns, kept.modified_ns))
        self._add(kept)
        self.done.copied_files += 1
        self.done.copied_bytes += kept.bytes

    def _add(self, kept: Kept) -> None:
        self._kept.append(kept)
        self.done.files += 1
        self.done.bytes += kept.bytes
