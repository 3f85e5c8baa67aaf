"""Whether what stands in the lake has gone all the way: into the marts, and from them onto the pages.

The file `.made.json` of a home says from which lake the marts were built, and from which those of the pages.
A run that is killed, stopped or fails leaves it behind the lake, and whoever runs next sees it.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

FILE = ".made.json"
MARTS, PAGES = "marts", "pages"
_OF_THE_LEDGER = ("issued_", "wallet_draws", "ledger_state")
"""Tables that follow from the ledger: an issuing brings the marts up to date with them itself."""
_OF_A_RUN = ("touched",)


def lake_version(home: Path) -> str:
    """A hash of names, sizes and times of the lake's files."""
    digest = blake2b(digest_size=12)
    for name, path in sorted(_files(home / "lake")):
        found = os.stat(path)
        digest.update(f"{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def is_whole(home: Path) -> bool:
    """Whether the pages tell what stands in the lake."""
    return _told(home).get(PAGES) == lake_version(home)


def made_marts(home: Path, version: str) -> None:
    """Notes from which lake the marts were built."""
    _note(home, {MARTS: version})


@contextmanager
def making_pages(home: Path) -> Iterator[None]:
    """Notes at its end that the pages were made of the marts as they stood at its beginning."""
    version = _told(home).get(MARTS, "")
    yield
    _note(home, {PAGES: version})


@contextmanager
def keeping_whole(home: Path) -> Iterator[None]:
    """For work that changes files of the lake and all that follows from them by itself."""
    was_whole = is_whole(home)
    yield
    if was_whole:
        version = lake_version(home)
        _note(home, {MARTS: version, PAGES: version})


def _files(lake: Path) -> Iterator[tuple[str, str]]:
    for folder, folders, names in os.walk(lake):
        if folder == str(lake):
            folders[:] = [each for each in folders if not each.startswith((*_OF_THE_LEDGER, *_OF_A_RUN))]
        for name in names:
            path = f"{folder}/{name}"
            if name.endswith(".parquet") and not name.startswith("."):
                yield path.removeprefix(str(lake)), path


def _told(home: Path) -> dict[str, str]:
    try:
        return dict(json.loads((home / FILE).read_bytes()))
    except (FileNotFoundError, ValueError):
        return {}


def _note(home: Path, told: dict[str, str]) -> None:
    beside = home / f"{FILE}.new"
    beside.write_text(json.dumps(_told(home) | told))
    os.replace(beside, home / FILE)
