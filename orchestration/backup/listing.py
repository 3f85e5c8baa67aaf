"""What a backup is: a folder with a home's files below `home/`, and `backup.json` with the hash of each.

A backup that has no list is none: the list is written last, and the folder gets its name after that.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from orchestration.errors import RunError, UsageError

LIST, HOME = "backup.json", "home"
FORMAT = 1
_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Kept:
    """A file of a backup: its path in the home, what it holds, and when that was written."""

    path: str
    bytes: int
    modified_ns: int
    sha256: str


@dataclass(frozen=True)
class Backup:
    """A whole backup; `made_by` is the version of quarterhour that made it."""

    folder: Path
    made_at: str
    made_by: str
    files: list[Kept]

    def place(self, kept: Kept) -> Path:
        """Where a file of it lies."""
        return self.folder / HOME / kept.path


def write_list(folder: Path, made_at: str, files: list[Kept]) -> None:
    """The list of a backup, on disk."""
    said = {
        "format": FORMAT,
        "made_at": made_at,
        "made_by": version("quarterhour"),
        "files": [asdict(kept) for kept in files],
    }
    with open(folder / LIST, "x", encoding="utf-8") as file:
        json.dump(said, file, ensure_ascii=True, indent=0)  # names of any bytes come back as they were
        file.flush()
        os.fsync(file.fileno())


def read_backup(folder: Path) -> Backup:
    """A backup as its list tells of it; RunError where the list is damaged or leads out of the backup."""
    path = folder / LIST
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["format"] != FORMAT:
            raise RunError(f"{path} is of format {said['format']}: restore with the version that made it")
        files = [Kept(**each) for each in said["files"]]
        backup = Backup(folder, str(said["made_at"]), str(said["made_by"]), files)
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise RunError(f"{path} is damaged: take another backup") from None
    for kept in files:
        parts = PurePosixPath(kept.path).parts
        if not parts or parts[0] == "/" or ".." in parts:
            raise RunError(f"{path} names {kept.path!r}, which is no file of a home: take another backup")
    return backup


def backups_in(folder: Path) -> list[Path]:
    """The whole backups in a folder of backups, the newest last."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if not path.name.startswith(".") and (path / LIST).is_file())


def backup_at(path: Path) -> Backup:
    """The backup that a path names: it is one, or holds several, of which it is the newest."""
    if (path / LIST).is_file():
        return read_backup(path)
    found = backups_in(path)
    if not found:
        raise UsageError(f"there is no backup in {path}: name a folder that holds {LIST}, or one above it")
    return read_backup(found[-1])


def copied(source: Path, to: Path | None) -> tuple[int, str]:
    """Copies a file, or only reads it; gives how many bytes it held, and their hash."""
    digest, size = sha256(), 0
    with open(source, "rb") as file:
        if to is None:
            for chunk in _chunks(file):
                digest.update(chunk)
                size += len(chunk)
            return size, digest.hexdigest()
        with open(to, "xb") as written:
            for chunk in _chunks(file):
                digest.update(chunk)
                size += written.write(chunk)
    return size, digest.hexdigest()


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_AT_ONCE):
        yield chunk
