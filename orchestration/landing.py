"""The landing folder: which files there are, of what stream, day and format, and what they hold.

Files come as they were delivered, so a damaged one gives what can be read of it, with the problem told.
"""

import glob
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

import zstandard
from isal import isal_zlib

from transforms.contracts import STREAMS
from transforms.parsing import Format

_FORMATS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}
_PACKED = (".gz", ".zst")
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_CHUNK = 1 << 16
_ISAL_ERROR = cast("type[Exception]", isal_zlib.error)
"""A class, which the library's stubs declare as an instance."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Landed:
    """The content of a file, decompressed, its format, and what is wrong with its compression."""

    data: bytes
    format: Format
    problem: str | None


def read_landed(path: Path) -> Landed:
    """The content of a landed file as far as it can be decompressed."""
    data, problem = decompressed(path.read_bytes())
    return Landed(data, format_of(path), problem)


def format_of(path: Path) -> Format:
    """The format by the file's name; anything else counts as JSON lines and is refused visibly."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    while suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return _FORMATS.get(suffixes[-1], "jsonl") if suffixes else "jsonl"


def arrival_days(landing: Path, stream: str) -> list[date]:
    """The days on which files of a stream arrived."""
    folder = landing / stream
    found = (_day(child.name) for child in folder.iterdir()) if folder.is_dir() else ()
    return sorted(day for day in found if day is not None)


def all_arrival_days(landing: Path) -> list[date]:
    """The days on which files of any stream arrived."""
    return sorted({day for stream in STREAMS for day in arrival_days(landing, stream)})


def files_of(landing: Path, stream: str, arrival_day: date) -> list[Path]:
    """The files of a stream and arrival day, by name; hidden and unfinished ones left out."""
    return _files_below(landing / stream / arrival_day.isoformat())


def name_of(path: Path, landing: Path) -> str:
    """The name under which a file's rows are kept: its path from the landing folder on."""
    return path.relative_to(landing).as_posix()


def arrival_day_of(path: Path) -> date | None:
    """The arrival day of a file that lies in `.../<stream>/<YYYY-MM-DD>/`, else null."""
    return _day(path.parent.name) if path.parent.parent.name in STREAMS else None


def expand(patterns: Iterable[str]) -> list[Path]:
    """The files that paths, globs and folders name, each once, by path; a path to nothing is an error."""
    found: set[Path] = set()
    for pattern in patterns:
        path = Path(pattern)
        if path.is_dir():
            found.update(_files_below(path))
        elif path.is_file():
            found.add(path)
        else:
            matches = [Path(match) for match in glob.glob(pattern, recursive=True)]
            if not matches:
                raise FileNotFoundError(f"no file or folder: {pattern}")
            for match in matches:
                found.update(_files_below(match) if match.is_dir() else [match])
    return sorted(found)


def decompressed(data: bytes) -> tuple[bytes, str | None]:
    """What a file holds, gzip and zstd told by their first bytes, and what is wrong with it, if anything."""
    if data.startswith(_GZIP_MAGIC):
        whole = _gunzipped_at_once(data)
        return (whole, None) if whole is not None else _unpacked(data, "gzip", _gunzip)
    if data.startswith(_ZSTD_MAGIC):
        return _unpacked(data, "zstd", _unzstd)
    return data, None


class _EndsEarlyError(Exception):
    pass


class _DamagedError(Exception):
    pass


def _unpacked(data: bytes, kind: str, unpack: Callable[[bytes], Iterator[bytes]]) -> tuple[bytes, str | None]:
    """All that comes out before something is wrong."""
    out = io.BytesIO()
    problem = None
    try:
        for piece in unpack(data):
            out.write(piece)
    except _EndsEarlyError:
        problem = f"{kind} ends early"
    except _DamagedError:
        problem = f"{kind} is damaged"
    return out.getvalue(), problem


def _gunzipped_at_once(data: bytes) -> bytes | None:
    """The content of a gzip file of one sound member, which nearly every one is; None for any other."""
    member = isal_zlib.decompressobj(wbits=31)
    try:
        content = member.decompress(data)
    except _ISAL_ERROR:
        return None
    return content if member.eof and not member.unused_data else None


def _gunzip(data: bytes) -> Iterator[bytes]:
    """The members of a gzip file, one after the other; zeros behind them are padding."""
    position = 0
    while position < len(data):
        if not data.startswith(_GZIP_MAGIC, position):
            if data[position:].strip(b"\0"):
                raise _DamagedError
            return
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            if position >= len(data):
                yield member.flush()
                raise _EndsEarlyError
            chunk = data[position : position + _CHUNK]
            before = member.copy()
            try:
                yield member.decompress(chunk)
            except zlib.error:
                yield from _bytewise(before, chunk)
                raise _DamagedError from None
            position += len(chunk) - len(member.unused_data)


def _bytewise(member: "zlib._Decompress", chunk: bytes) -> Iterator[bytes]:
    """What a chunk with a fault in it still gives: zlib returns nothing of a call that fails."""
    for number in range(len(chunk)):
        try:
            yield member.decompress(chunk[number : number + 1])
        except zlib.error:
            return


def _unzstd(data: bytes) -> Iterator[bytes]:
    """The frames of a zstd file, one after the other."""
    position = 0
    while position < len(data):
        if not data.startswith(_ZSTD_MAGIC, position):
            raise _DamagedError
        frame = zstandard.ZstdDecompressor().decompressobj()
        while not frame.eof:
            if position >= len(data):
                raise _EndsEarlyError
            chunk = data[position : position + _CHUNK]
            try:
                yield frame.decompress(chunk)
            except zstandard.ZstdError:
                raise _DamagedError from None
            position += len(chunk) - len(frame.unused_data)


def _files_below(folder: Path) -> list[Path]:
    """Hidden files and those still being written (`.`, `_`, `.tmp`) are none of ours yet."""
    if not folder.is_dir():
        return []
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if not _is_hidden(path.relative_to(folder)))


def _is_hidden(path: Path) -> bool:
    return path.suffix == ".tmp" or any(part.startswith((".", "_")) for part in path.parts)


def _day(name: str) -> date | None:
    if not _DAY.fullmatch(name):
        return None
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None
