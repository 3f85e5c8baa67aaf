"""Whether what stands in lake and ledger has gone all the way: into marts, outbox and pages.

The file `.made.json` of a home says of each of them what it was made of. A run that is killed, stopped or
fails leaves some of them behind, and whoever runs next sees it.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

from orchestration.billing.issued import ISSUED
from orchestration.lake.stamps import files_below
from orchestration.ledger import Ledger

FILE = ".made.json"
MARTS, OUTBOX, PAGES, LEDGER = "marts", "outbox", "pages", "ledger of pages"
_NOT_OF_MARTS = frozenset({*ISSUED, "touched"})
"""Tables that follow from the ledger, which an issuing brings into the marts itself; and what only tells a
run what it has to do."""


def lake_version(home: Path) -> str:
    """A hash of names, sizes and times of those files of the lake that marts are built of."""
    return blake2b("".join(sorted(_told_of_files(home / "lake"))).encode(), digest_size=12).hexdigest()


def is_whole(home: Path) -> bool:
    """Whether marts, outbox and pages tell what stands in lake and ledger."""
    told, version = _told(home), lake_version(home)
    issued = (home / "lake" / table / "all.parquet" for table in ISSUED)
    places = [home / "warehouse.duckdb", home / "reports" / "index.html", *issued]
    is_there = all(path.exists() for path in places)
    of_lake = all(told.get(each) == version for each in (MARTS, OUTBOX, PAGES))
    return is_there and of_lake and told.get(LEDGER) == Ledger(home).version()


def made_marts(home: Path, version: str) -> None:
    """Notes from which lake the marts were built."""
    _note(home, {MARTS: version})


@contextmanager
def making_outbox(home: Path) -> Iterator[None]:
    """Notes at its end that what was due is issued, and in the outbox, by the marts as they stood before."""
    version = _told(home).get(MARTS, "")
    yield
    _note(home, {OUTBOX: version})


@contextmanager
def making_pages(home: Path) -> Iterator[None]:
    """Notes at its end that the pages were made of marts and ledger as they stood before."""
    told = {PAGES: _told(home).get(MARTS, ""), LEDGER: Ledger(home).version()}
    yield
    _note(home, told)


@contextmanager
def keeping_whole(home: Path) -> Iterator[None]:
    """For work that changes files of the lake, and brings marts and pages along or nothing that they show."""
    was_whole = is_whole(home)
    yield
    if was_whole:
        _note(home, dict.fromkeys((MARTS, OUTBOX, PAGES), lake_version(home)))


def _told_of_files(lake: Path) -> Iterator[str]:
    """Not of inodes: a home that was moved to another disk is as whole as it was."""
    outside = len(str(lake))
    for table in lake.glob("*"):
        if table.name in _NOT_OF_MARTS:
            continue
        for entry in files_below(str(table)):
            with suppress(FileNotFoundError):  # a run replaces it
                found = entry.stat()
                yield f"{entry.path[outside:]} {found.st_size} {found.st_mtime_ns}\n"


def _told(home: Path) -> dict[str, str]:
    try:
        return dict(json.loads((home / FILE).read_bytes()))
    except (FileNotFoundError, ValueError, TypeError, RecursionError):
        return {}


def _note(home: Path, told: dict[str, str]) -> None:
    beside = home / f"{FILE}.new"
    beside.write_text(json.dumps(_told(home) | told))
    os.replace(beside, home / FILE)
