"""The folder of the site: a file is renamed into it where its bytes changed; what is no longer made goes."""

import os
import stat
import threading
from collections.abc import Iterable, Mapping
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
        self._top = os.fspath(root)
        self._kept: set[str] = set()
        self._written = self._unchanged = self._bytes = self._removed = 0

    def put(self, file: File | OnceFile, below: str = "") -> None:
        """Writes a file beside its place and renames it into it, unless it stands there already."""
        name = f"{below}/{file.path}" if below else file.path
        self._kept.add(name)
        path = f"{self._top}/{name}"
        if isinstance(file, OnceFile):
            size = size_of(path)
            if size:  # an empty one is what a machine that went down has left of it
                self._unchanged += 1
                self._bytes += size
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

    def prune(self, folders: Iterable[str] | None = None) -> None:
        """Removes what was not put and stands in an account's folder, and folders that are empty then.

        Below the root only folders with the name of an account's are touched: it may hold other things. It
        may be told of which of them alone.
        """
        for folder in self.folders() if folders is None else folders:
            if os.path.isdir(f"{self._top}/{folder}"):
                self._prune(folder, is_of_role=False)

    def folders(self) -> list[str]:
        """The folders of accounts."""
        found = os.listdir(self._top) if self.root.is_dir() else []
        return [name for name in found if names.FOLDER.fullmatch(name)]

    def _prune(self, folder: str, *, is_of_role: bool) -> bool:
        """Removes what lies in a role's tree, and beside it pages, by their suffix; whether anything went."""
        has_gone = False
        with os.scandir(f"{self._top}/{folder}") as found:
            entries = list(found)
        for entry in entries:
            name = f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                is_role = "/" not in folder and entry.name in set(Role)
                has_gone |= self._prune(name, is_of_role=is_of_role or is_role)
            elif name not in self._kept and (is_of_role or name.endswith(".html")) and entry.is_file():
                os.unlink(entry.path)
                self._removed += 1
                has_gone = True
        if has_gone:
            with suppress(OSError):  # not empty
                os.rmdir(f"{self._top}/{folder}")
        return has_gone

    def result(self, accounts: int) -> SiteResult:
        """The count."""
        return SiteResult(self._written, self._unchanged, self._bytes, accounts, self._removed)


def size_of(path: str) -> int | None:
    """A file's bytes; None where there is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def files_in(folder: str) -> frozenset[str]:
    """The names of a folder's files, which is one question instead of one for each; none where it is not."""
    try:
        with os.scandir(folder) as found:
            return frozenset(entry.name for entry in found if entry.is_file())
    except FileNotFoundError:
        return frozenset()


def stands(path: Path | str, content: bytes) -> bool:
    """Whether a file has these bytes."""
    if size_of(os.fspath(path)) != len(content):
        return False
    with open(path, "rb", buffering=0) as opened:  # a site has some hundred thousand files
        return opened.read() == content


def write(path: Path | str, content: bytes) -> None:
    """Writes a file beside its place and renames it into it."""
    folder, _, name = os.fspath(path).rpartition("/")
    beside = f"{folder}/.{name[:40]}.{os.getpid()}.{threading.get_ident()}"
    try:
        _fill(beside, content)
        os.replace(beside, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(beside)
        raise


def _fill(path: str, content: bytes) -> None:
    """Writes a file, into a folder that may not be there yet."""
    try:
        opened = _opened(path)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        opened = _opened(path)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(opened, left) :]
    finally:
        os.close(opened)


def _opened(path: str) -> int:
    """An empty file; a third of what pathlib takes for it, and a site has some hundred thousand."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
