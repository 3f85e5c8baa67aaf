"""HEAD.json: the last settled entry, and the one that was announced behind it; and how names come to last."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from orchestration.ledger.entries import LedgerError, bytes_of, canonical, entry_files, name_of, parsed

NOTHING = "0" * 64
"""The hash before the first entry."""

HEAD = "HEAD.json"


class Mark(NamedTuple):
    """An entry, as HEAD.json names it; by default what stands before the first one."""

    sequence: int = 0
    hash: str = NOTHING


@dataclass(frozen=True)
class Head:
    """HEAD.json: the last settled entry, and the one that was announced behind it."""

    last: Mark
    announced: Mark | None = None

    def content(self) -> bytes:
        """The bytes of the file."""
        following = self.announced and self.announced._asdict()
        return canonical({**self.last._asdict(), "next": following})


def head_of(root: Path) -> Head:
    """HEAD.json; before the first entry there is none, and nothing is settled."""
    path = root / HEAD
    if not path.exists() and not entry_files(root):
        return Head(Mark())
    raw = bytes_of(path)  # also where it was absent just now: the first entry may be coming
    match found := parsed(HEAD, raw):
        case {"sequence": int(), "hash": str(), "next": None | {"sequence": int(), "hash": str()}}:
            following = found["next"]
            head = Head(_mark_of(found), following and _mark_of(following))
        case _:
            raise LedgerError(f"{HEAD} does not name an entry: it was changed")
    if head.content() != raw:
        raise LedgerError(f"{HEAD} is not in canonical form: it was written by someone else")
    return head


def _mark_of(found: dict[str, Any]) -> Mark:
    return Mark(int(found["sequence"]), found["hash"])  # int: JSON's true is one too


def raw_head(root: Path) -> bytes | None:
    """The bytes of HEAD.json; None where it cannot be read."""
    try:
        return (root / HEAD).read_bytes()
    except OSError:
        return None


def publish(root: Path, content: bytes, last: Mark, mark: Mark) -> None:
    """The three steps by which an entry comes."""
    place = root / name_of(mark.sequence)
    write_head(root, Head(last, mark))
    beside = _written_beside(place, content)
    os.link(beside, place)  # unlike a rename it never replaces anything
    beside.unlink()
    sync_folder(root)
    write_head(root, Head(mark))


def write_head(root: Path, head: Head) -> None:
    """Puts HEAD.json into its place, on disk."""
    place = root / HEAD
    os.replace(_written_beside(place, head.content()), place)
    sync_folder(root)


def _written_beside(place: Path, content: bytes) -> Path:
    """A hidden file with the content, safe on disk."""
    beside = place.with_name(f".{place.name}.tmp")
    with open(beside, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return beside


def sync_folder(folder: Path) -> None:
    """Makes names last, as fsync of a file does for its bytes."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
