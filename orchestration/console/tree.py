"""The folder of the site: a file is renamed into it where its bytes changed; what is no longer made goes."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.console.files import File, OnceFile
from reports import names
from reports.models import Role


@dataclass(frozen=True)
class SiteResult:
    """What a rendering did; `bytes` counts the files looked at, written or not."""

    pages_written: int
    pages_unchanged: int
    bytes: int
    accounts: int
    pages_removed: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict, compare=False)
    """By part of the work."""


class Tree:
    """A folder of pages, and the count of what was done to it."""

    def __init__(self, root: Path):
        self.root = root
        self._kept: set[str] = set()
        self._written = self._unchanged = self._bytes = self._removed = 0

    def put(self, file: File | OnceFile, below: str = "") -> None:
        """Writes a file beside its place and renames it into it, unless it stands there already."""
        name = f"{below}/{file.path}" if below else file.path
        self._kept.add(name)
        path = self.root / name
        if isinstance(file, OnceFile):
            if path.is_file():
                self._unchanged += 1
                self._bytes += path.stat().st_size
                return
            content = file.make()
        else:
            content = file.content if isinstance(file.content, bytes) else file.content.encode("utf-8")
            if stands(path, content):
                self._unchanged += 1
                self._bytes += len(content)
                return
        write(path, content)
        self._written += 1
        self._bytes += len(content)

    def prune(self) -> None:
        """Removes what was not put and stands in an account's folder, and folders that are empty then.

        Below the root only folders with the name of an account's are touched: it may hold other things.
        """
        for path in list(self._ours()):
            if path.relative_to(self.root).as_posix() not in self._kept:
                path.unlink(missing_ok=True)
                self._removed += 1
                for folder in path.parents:
                    if folder == self.root:
                        break
                    with suppress(OSError):  # not empty
                        folder.rmdir()

    def _ours(self) -> Iterator[Path]:
        """Files in the roles' trees; and beside them pages, by their suffix."""
        if not self.root.is_dir():
            return
        for account in self.root.iterdir():
            if not (account.is_dir() and names.FOLDER.fullmatch(account.name)):
                continue
            for found in account.rglob("*"):
                below = found.relative_to(account).parts
                if found.is_file() and (below[0] in set(Role) or found.suffix == ".html"):
                    yield found

    def result(self, accounts: int) -> SiteResult:
        """The count."""
        return SiteResult(self._written, self._unchanged, self._bytes, accounts, self._removed)


def stands(path: Path, content: bytes) -> bool:
    """Whether a file has these bytes."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def write(path: Path, content: bytes) -> None:
    """Writes a file beside its place and renames it into it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name[:40]}.{os.getpid()}.{threading.get_ident()}")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
