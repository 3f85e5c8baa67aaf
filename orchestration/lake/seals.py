"""Seals: each file of the lake carries a checksum of its bytes, so that damage is told before it is counted.

Parquet as it is written here has none of its own: a flipped byte may be read as another number. A damaged
file is never mended silently, because it says something about the disk; but all of the lake can be made
again, and whoever finds damage says how.
"""

import zlib
from collections.abc import Iterable
from pathlib import Path

from orchestration.counting.workers import in_parallel
from orchestration.errors import RunError

KEY = "quarterhour.seal"
"""Key in a file's Parquet metadata."""
BLANK = "0" * 8
"""The seal while it is computed."""
_MARK = KEY.encode() + b"\x18\x08"
"""How Parquet's footer (Thrift, compact) goes on from the key to a value of eight bytes."""
_FOOTER_END = 8
_END = b"PAR1"
INGESTED = ("interactions", "handoffs", "alerts", "account_events", "files", "quarantine")
"""The tables that ingest writes; the name of each of their files is its arrival day."""


class DamagedError(RunError):
    """Files of the lake are not as they were written; the message names each, and what to do."""


def seal(path: Path) -> None:
    """Puts the checksum of a new file, written with a blank one, into its place."""
    content = path.read_bytes()
    at = _place(content)
    if at is None:
        raise ValueError(f"{path} was written without a blank seal")
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"%08x" % zlib.crc32(content))


def damage_of(path: Path) -> str | None:
    """What is wrong with a file of the lake; None where it is as it was written, or older than the seals."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return "it is gone"
    if content[-4:] != _END or content[:4] != _END:
        return f"it ends early, or has other bytes than were written ({len(content):,} bytes)"
    at = _place(content)
    if at is None:
        return None
    before = zlib.crc32(BLANK.encode(), zlib.crc32(memoryview(content)[:at]))
    if content[at : at + 8] != b"%08x" % zlib.crc32(memoryview(content)[at + 8 :], before):
        return "it has other bytes than were written"
    return None


def require_whole(root: Path, paths: Iterable[Path]) -> None:
    """Raises DamagedError naming each of these files of the lake at `root` that is damaged."""
    every = list(paths)
    found = in_parallel(damage_of, every) if len(every) > 1 else map(damage_of, every)
    told = [told_of(root, path, damage) for path, damage in zip(every, found, strict=True) if damage]
    if told:
        raise DamagedError("\n".join(told))


def told_of(root: Path, path: Path, damage: str) -> str:
    """A damaged file and what to do, as an operator reads it."""
    return f"{path} is damaged: {damage}. {remedy_of(root, path)}"


def remedy_of(root: Path, path: Path) -> str:
    """How a file of the lake, or a pack of such files, is made again.

    What an ingest writes is made by the run over its arrival day. All else follows from that, and a plain run
    finds what is missing of it, also of event days before `first_day`, which no run can be asked for.
    """
    if not path.is_relative_to(root):
        return "Remove it; the next run makes it again"
    table, *parts = path.relative_to(root).with_suffix("").parts
    if table == "settled":
        return "Put it back from a backup: its raw rows were dropped, nothing else knows them"
    arrival = f" --date {parts[-1]}" if table in INGESTED and parts[-1] != "schema" else ""
    return f"Remove it, then make it again with: quarterhour run{arrival}"


def _place(content: bytes) -> int | None:
    """Where the seal stands; the footer tells its length at the end of the file."""
    length = int.from_bytes(content[-_FOOTER_END:-4], "little")
    found = content.rfind(_MARK, max(0, len(content) - _FOOTER_END - length))
    return None if found < 0 else found + len(_MARK)
