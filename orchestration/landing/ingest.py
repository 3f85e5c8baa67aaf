"""Ingest one arrival day of a stream: landing files to clean rows, quarantine and counts (R18, R20)."""

import json
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl

from orchestration.counting.workers import WORKERS, in_parallel
from orchestration.lake import COPIES, VERSION, Lake, joined_version
from orchestration.lake.parts import parts_of, settled_files, settled_quarantine
from orchestration.lake.tables import FILES, QUARANTINE
from orchestration.landing.arrived import SIZES, sizes_of
from orchestration.landing.contents import limits_of, parse_landed
from orchestration.landing.files import files_of, name_of
from transforms.contracts import Contract, contract_of, lake_schema
from transforms.keys import in_key_order
from transforms.parsing import ParsedFile


@dataclass(frozen=True)
class Ingested:
    """What a run over an arrival day did; `changed` gives the new version of each event day it changed."""

    files: int
    rows: int
    accepted: int
    excluded: int
    quarantined: int
    bytes_read: int
    problems: list[str]
    changed: dict[date, str]


@dataclass(frozen=True)
class Delivered:
    """What the files of an arrival day say: clean rows by event day, `files` and `quarantine`."""

    paths: list[Path]
    rows: dict[date, pl.DataFrame]
    files: pl.DataFrame
    quarantine: pl.DataFrame


BYTES_AT_ONCE = 32 * 1024 * 1024
"""Files of days, as delivered, that are worked side by side; a larger day fills the machine by itself."""


def ingest_days(
    lake: Lake, landing: Path, stream: str, days: Sequence[date]
) -> Iterator[tuple[date, Ingested]]:
    """Ingests arrival days, each with what it did; small ones side by side."""
    sizes = [sum(path.stat().st_size for path in files_of(landing, stream, day)) for day in days]
    work = partial(ingest, lake, landing, stream)
    is_small = max(sizes, default=0) * WORKERS <= BYTES_AT_ONCE
    return zip(days, in_parallel(work, days) if is_small else map(work, days), strict=True)


def ingest(
    lake: Lake, landing: Path, stream: str, arrival_day: date, only: AbstractSet[str] | None = None
) -> Ingested:
    """Replaces what the lake holds of this stream and arrival day; bad rows go to quarantine.

    Where `only` names files, the others are as if they had not landed.
    """
    gone = settled_files(lake, stream, arrival_day)
    settled = set(gone["file"])
    # Of those that lie there before they are read: they may grow.
    sizes = dict(gone.select("file", "bytes").iter_rows())
    sizes |= sizes_of(files_of(landing, stream, arrival_day), landing)
    found = delivered(landing, stream, arrival_day, settled, only)
    came_again = {name_of(path, landing) for path in files_of(landing, stream, arrival_day)} & settled
    files = pl.concat([found.files, _told_again(gone, came_again).select(FILES.names())])
    refused = pl.concat([found.quarantine, settled_quarantine(lake, stream, arrival_day)])
    changed = _publish_rows(lake, stream, arrival_day, found.rows)
    lake.publish(lake.file("quarantine", stream, arrival_day), refused.sort("file", "line"))
    told = {SIZES: json.dumps(sizes, sort_keys=True)}
    lake.publish(lake.file("files", stream, arrival_day), files.sort("file", "account_id"), notes=told)
    return Ingested(
        files=len(found.paths),
        rows=int(files["rows"].sum()),
        accepted=sum(rows.height for rows in found.rows.values()),
        excluded=int(files["excluded"].sum()),
        quarantined=int(files["quarantined"].sum()),
        bytes_read=sum(path.stat().st_size for path in found.paths),
        problems=sorted(files.filter(pl.col("problem").is_not_null())["problem"].unique()),
        changed=changed,
    )


def delivered(
    landing: Path,
    stream: str,
    arrival_day: date,
    without: AbstractSet[str] = frozenset(),
    only: AbstractSet[str] | None = None,
) -> Delivered:
    """What the files of an arrival day say, all or `only` some, but for those whose rows are settled."""
    named = {name_of(path, landing): path for path in files_of(landing, stream, arrival_day)}
    wanted = named.keys() if only is None else named.keys() & only
    paths = [named[name] for name in sorted(wanted - without)]
    parsed = list(in_parallel(lambda path: _parse(landing, path, stream, arrival_day), paths))
    rows = pl.concat([lake_schema(stream).to_frame(), *(part.accepted for part in parsed)])
    files = [FILES.to_frame(), *(part.files.select(FILES.names()) for part in parsed)]
    refused = [QUARANTINE.to_frame(), *(part.quarantine.select(QUARANTINE.names()) for part in parsed)]
    return Delivered(paths, _by_event_day(rows, contract_of(stream)), pl.concat(files), pl.concat(refused))


def _told_again(gone: pl.DataFrame, came_again: AbstractSet[str]) -> pl.DataFrame:
    """The counts of dropped files, and of those that lie in landing again, that they were not read."""
    text = "its rows were settled on {}; the file that came again under its name was not read"
    told = pl.format(text, pl.col("dropped_at").dt.date())
    is_again = pl.col("file").is_in(sorted(came_again))
    return gone.with_columns(problem=pl.when(is_again).then(told).otherwise("problem"))


def _parse(landing: Path, path: Path, stream: str, arrival_day: date) -> ParsedFile:
    """The rows of a file, within the limits of the home whose landing folder this is."""
    return parse_landed(path, stream, arrival_day, name_of(path, landing), limits_of(landing.parent))


def _publish_rows(
    lake: Lake, stream: str, arrival_day: date, new: dict[date, pl.DataFrame]
) -> dict[date, str]:
    """Writes the rows by event day and removes what the arrival day no longer says; gives changed days."""
    contract = contract_of(stream)
    held = {
        date.fromisoformat(path.parent.name)
        for path in (lake.root / stream).glob(f"????-??-??/{arrival_day}.parquet")
    }
    changed: dict[date, str] = {}
    for day in sorted(held | new.keys()):
        path = lake.file(stream, day, arrival_day)
        before = lake.note(path, VERSION)
        if day in new:
            after = lake.publish(path, new[day], notes={COPIES: _copies(new[day], contract)})
        else:
            path.unlink()
            after = None
        if after != before:
            changed[day] = version_of_day(lake, stream, day)
    return changed


def _by_event_day(rows: pl.DataFrame, contract: Contract) -> dict[date, pl.DataFrame]:
    """The rows of each event day; of conversations by key and time, so that counting them need not sort."""
    days = rows[contract.time_column].dt.date()
    parts = {day: rows.filter(days == day) for day in days.unique()}
    if "key" not in rows.columns:
        return {day: part.sort("file", "line") for day, part in parts.items()}
    return {day: in_key_order(part, contract.time_column) for day, part in parts.items()}


def _copies(rows: pl.DataFrame, contract: Contract) -> str:
    """Whether ids stand twice in rows of one event day; equal hashes are enough for `some`."""
    ids = rows.select(pl.struct("account_id", contract.id_column).hash()).to_series()
    return "some" if ids.is_duplicated().any() else "none"


def version_of_day(lake: Lake, stream: str, day: date) -> str:
    """One version for what all arrival days say of an event day."""
    versions = [f"{part.name}={part.version}" for part in parts_of(lake, stream, day)]
    return joined_version(versions) if versions else "removed"
