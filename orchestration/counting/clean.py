"""Days that were found clean, and what their files were like then, so that a night asks only the others.

Whether a day is counted as it would be now stands in the metadata of its files, and of a home of years those
are thousands. A day whose files have the stamps that they had when it was found clean, on the same basis, is
clean still. Nothing is lost if the file is removed that tells of them.
"""

import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.lake import Lake
from orchestration.lake.parts import SETTLED
from orchestration.lake.stamps import files_below, stamp_of
from orchestration.lake.tables import FRAGMENTS, SESSIONS, STREAMS

FILE = ".clean.json"
TABLES = (*STREAMS, f"{SETTLED}/rows", *FRAGMENTS, *SESSIONS, "alert_sessions", "copies", "touched")
"""All that tells whether a day is clean."""
TOO_NEW_NS = 2_000_000_000
"""A file that has just changed may change again without another time of change."""
_DAY = re.compile(r"/(\d{4}-\d{2}-\d{2})")

Stamps = dict[str, str]
"""By day a hash of its files with their stamps."""


class Clean:
    """The days that are known to be clean; `day in clean`."""

    def __init__(self, before: Stamps, now: Stamps):
        self._now = now
        self._days = {day for day, stamp in before.items() if now.get(day) == stamp}

    def __contains__(self, day: date) -> bool:
        return str(day) in self._days

    def add(self, day: date) -> None:
        """A day that was found clean, and stays so as long as its files do."""
        self._days.add(str(day))

    def told(self) -> Stamps:
        """Their stamps."""
        return {day: self._now[day] for day in sorted(self._days & self._now.keys())}


@contextmanager
def clean_days(lake: Lake, what: str, basis: str, *, known: bool) -> Iterator[Clean]:
    """The clean days of a kind. With `known` those that were found so on the same basis, and what is added is
    kept: for nights, which have the home; whoever judges a home asks of each day anew.
    """
    if not known:
        yield Clean({}, {})
        return
    path = lake.home / FILE
    basis = f"{version('quarterhour')} {','.join(TABLES)} {basis}"
    before = _kept(path).get(what)
    stamps = before["days"] if before and before["basis"] == basis else {}
    clean = Clean(stamps, _stamps(lake))
    yield clean
    if clean.told() != stamps:
        _keep(path, {**_kept(path), what: {"basis": basis, "days": clean.told()}})


def _stamps(lake: Lake) -> Stamps:
    """Of each day that has any files, unless one has just changed."""
    just_now = time.time_ns() - TOO_NEW_NS
    settled = _settled(lake)
    files: dict[str, list[str]] = defaultdict(list)
    too_new: set[str] = set()
    outside = len(str(lake.root)) + 1
    for table in TABLES:
        for entry in files_below(str(lake.root / table)):
            stat, name = entry.stat(), entry.path[outside:]
            of_day = _DAY.search(name)
            if of_day is None:
                continue
            day = of_day[1]
            files[day] += [f"{name} {stamp_of(stat)}", *settled[entry.name[:10]]]
            if stat.st_mtime_ns > just_now:
                too_new.add(day)
    return {day: _hash(told) for day, told in files.items() if day not in too_new}


def _settled(lake: Lake) -> Mapping[str, list[str]]:
    """By arrival day the files that tell how often it was settled, and so which of its rows count."""
    found: dict[str, list[str]] = defaultdict(list)
    for entry in files_below(str(lake.root / SETTLED / "files")):
        found[entry.name[:10]].append(f"{entry.path} {stamp_of(entry.stat())}")
    return found


def _hash(told: list[str]) -> str:
    return blake2b("\n".join(sorted(told)).encode(), digest_size=12).hexdigest()


def _kept(path: Path) -> dict[str, dict[str, Any]]:
    """What was found clean by kind; of a file that is not as it was written nothing."""
    try:
        kept = json.loads(path.read_bytes())
        return {what: {"basis": each["basis"], "days": dict(each["days"])} for what, each in kept.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _keep(path: Path, told: dict[str, dict[str, Any]]) -> None:
    with suppress(OSError):  # who needs room will say so; this is only faster
        beside = path.with_name(f"{path.name}.new")
        beside.write_text(json.dumps(told))
        os.replace(beside, path)
