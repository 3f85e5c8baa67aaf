"""The landing folder: which files there are, and of what stream, day and format."""

import glob
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

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
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


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
