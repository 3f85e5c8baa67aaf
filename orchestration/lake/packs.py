"""Packs: each past month of a table in one file, for who reads all of it.

A table has a file for each day and more, so that a day is replaced whole; opening thousands of small files
takes longer than reading them. A pack holds what its files hold, as long as none of them changes, comes or
goes: whoever finds otherwise reads the files. Large files are read as they are.
"""

import os
import re
from collections import defaultdict
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from orchestration.lake import seals
from orchestration.lake.stamps import files_below, stamp_of

if TYPE_CHECKING:
    from orchestration.lake import Lake

FOLDER = ".packs"
"""Beside the lake; nothing is lost if it is removed."""
MADE_OF = "quarterhour.made_of"
"""Key in a pack's Parquet metadata: names, sizes and times of its files, as a hash."""
MOST_BYTES = 1 << 20
"""A larger file takes longer to read than to open."""
_found_whole: set[tuple[Path, str]] = set()
"""Packs that this process has looked at, with their stamps: a night reads some of them many times."""
_OF_DAY = re.compile(r"(\d{4}-\d{2})-\d{2}.*\.parquet")


@dataclass(frozen=True)
class Month:
    """The small files of a table's month, and the pack that they have or are to have."""

    files: list[str]
    made_of: str
    pack: Path

    def is_packed(self) -> bool:
        """Whether the pack holds just these files as they are now, and is as it was written."""
        try:
            is_its = pl.read_parquet_metadata(self.pack).get(MADE_OF) == self.made_of
        except (FileNotFoundError, pl.exceptions.PolarsError):
            return False
        return is_its and _is_whole(self.pack)


def packed(lake: "Lake", table: str) -> list[Path]:
    """As `fewest_files`, once all packs are made that are not there, or of other files than those of now.

    Packs of no month are removed. Raises DamagedError, which names the files of the lake that are not as they
    were written.
    """
    files, months = _parted(lake, table)
    for month in months:
        files += [str(month.pack)] if month.is_packed() or _make(lake, month) else month.files
    for left in set((lake.home / FOLDER / table).glob("[!.]*")) - {month.pack for month in months}:
        left.unlink(missing_ok=True)
    return [Path(file) for file in sorted(files)]


def fewest_files(lake: "Lake", table: str) -> list[Path]:
    """Files that together have a table's rows: packs as far as they are made, and what is not in them.

    Raises DamagedError, which names the files that are not as they were written. To look at all bytes of the
    large ones would take longer than what is wanted of them: where they are counted they are looked at.
    """
    files, months = _parted(lake, table)
    packed = []
    for month in months:
        if month.is_packed():
            packed.append(str(month.pack))
        else:
            files += month.files
    small = [Path(file) for file in files if os.path.getsize(file) <= MOST_BYTES]
    seals.require_whole(lake.root, small)
    return sorted(map(Path, files + packed))


def weed(lake: "Lake") -> None:
    """Removes the packs of files that are not as they were then: what has left these is to be gone."""
    for folder in (lake.home / FOLDER).glob("*"):
        kept = {month.pack for month in _parted(lake, folder.name)[1] if month.is_packed()}
        for left in set(folder.iterdir()) - kept:
            left.unlink()


def _is_whole(pack: Path) -> bool:
    known = pack, stamp_of(pack.stat())
    if known not in _found_whole and seals.damage_of(pack) is None:
        _found_whole.add(known)
    return known in _found_whole


def _make(lake: "Lake", month: Month) -> bool:
    """Makes a pack; none of files that differ in their columns, as two versions of the program wrote them."""
    seals.require_whole(lake.root, map(Path, month.files))
    try:
        rows = pl.concat([pl.read_parquet(path) for path in month.files])
    except (pl.exceptions.SchemaError, pl.exceptions.ShapeError):
        month.pack.unlink(missing_ok=True)
        return False
    lake.publish(month.pack, rows, notes={MADE_OF: month.made_of})
    return True


def _parted(lake: "Lake", table: str) -> tuple[list[str], list[Month]]:
    """The files that are read as they are, and the months of the others."""
    months: dict[str, list[os.DirEntry[str]]] = defaultdict(list)
    single: list[str] = []
    for entry in files_below(str(lake.root / table)):
        of_day = _OF_DAY.fullmatch(entry.name)
        if of_day and entry.stat().st_size <= MOST_BYTES:
            months[of_day[1]].append(entry)
        else:
            single.append(entry.path)
    # The newest month grows every night.
    newest = months.pop(max(months), []) if months else []
    single += [entry.path for entry in newest]
    return single, [_month(lake, table, name, entries) for name, entries in months.items()]


def _month(lake: "Lake", table: str, name: str, entries: list[os.DirEntry[str]]) -> Month:
    digest = blake2b(digest_size=12)
    entries.sort(key=lambda entry: entry.path)
    outside = len(str(lake.root))
    for entry in entries:
        digest.update(f"{entry.path[outside:]} {stamp_of(entry.stat())}\n".encode())
    pack = lake.home / FOLDER / table / f"{name}.parquet"
    return Month([entry.path for entry in entries], digest.hexdigest(), pack)
