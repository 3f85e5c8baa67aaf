"""`quarterhour retain`: raw rows go, and what is counted and explained by stays.

Of the files that arrived before a day, landing gives up the files, quarantine the texts of refused rows, and
the lake the rows, once they are counted. In their place `lake/settled` keeps, for each row, its ids, its
time, what it was to the count, its file and line, and a hash of all else: so late rows still meet their
copies (R18), days can be counted again under other terms, and every line still leads back to file and line
(I6). The account's book is never dropped: it is the only home of account state.

The unit is a stream's arrival day, as it is for ingest. Nothing goes before what replaces it is on disk.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import file_digest
from pathlib import Path

import polars as pl

from orchestration.counting import fragmenting, sessionizing
from orchestration.counting.terms import terms_of
from orchestration.errors import RunError, UsageError
from orchestration.lake import COPIES, INPUTS, VERSION, Lake, version_of
from orchestration.lake.parts import (
    SETTLED_FILES,
    STREAMS,
    TIMES,
    settled_arrivals,
    settled_file,
    settled_files,
    settled_quarantine,
    settled_raw,
    settled_rows_file,
    settled_schema,
    times_settled,
)
from orchestration.lake.tables import QUARANTINE, TABLES
from orchestration.landing.files import arrival_days, files_of, name_of
from orchestration.landing.ingest import Delivered, delivered
from orchestration.privacy.dropped import JOURNAL, Request, begin, finish
from orchestration.settings.loading import load_settings_of
from transforms.copies import settled

ArrivalDay = tuple[str, date]
"""A stream and one of its arrival days."""
Print = tuple[int, str]
"""The size and the SHA-256 of a landed file."""


@dataclass(frozen=True)
class Retained:
    """What a retention dropped, or would drop: `kept` names the arrival days that must wait, and why."""

    before: date
    arrivals: list[ArrivalDay] = field(default_factory=list)
    files: int = 0
    bytes: int = 0
    rows: int = 0
    quarantined: int = 0
    kept: list[str] = field(default_factory=list)
    recorded: list[Path] = field(default_factory=list)
    """Files in the book that say so, of this and of a retention before that was killed."""


def retain(home: Path, raw_days: int, request: Request, *, dry_run: bool = False) -> Retained:
    """Drops the raw rows of files that arrived more than `raw_days` days before the watermark (R13).

    Whoever calls it holds the home. What a retention left that was killed it ends, and records. Raises
    UsageError before the first night, RunError where what was written is not what was to be kept: then
    nothing was removed.
    """
    if raw_days < 1:
        raise UsageError("--raw-days takes a whole number of days, 1 at least")
    lake, landing = Lake(home), home / "landing"
    lake.ensure(TABLES)
    terms = terms_of(lake, load_settings_of(home))
    if terms.watermark is None:
        raise UsageError(f"nothing was ingested yet in {home}; `quarterhour run` first")
    before = terms.watermark.date() - timedelta(days=raw_days)
    uncounted = {*fragmenting.dirty_days(lake), *sessionizing.dirty_days(lake, terms)}
    done = Retained(before)
    if not dry_run:
        if (home / JOURNAL).exists():
            sweep_all(lake, landing)  # it may have dropped days that this one does not reach
        done.recorded.extend(filter(None, [finish(home)]))
        begin(home, request, before)
    for stream in STREAMS:
        for day in _arrivals_before(lake, landing, stream, before):
            if not dry_run:
                _sweep(lake, landing, stream, day)
            prints = _prints(landing, files_of(landing, stream, day))  # before their rows are read
            found = delivered(landing, stream, day, set(settled_files(lake, stream, day)["file"]))
            obstacle = _obstacle(lake, stream, day, found, uncounted) or _written(landing, found, prints)
            if obstacle:
                done.kept.append(f"{stream} that arrived on {day}: {obstacle}")
            elif found.paths:
                done = _added(done, stream, day, found)
                if not dry_run:
                    _settle(lake, (stream, day), found, prints, request.instant)
                    _sweep(lake, landing, stream, day)
    if not dry_run:
        done.recorded.extend(filter(None, [finish(home)]))
    return done


def _arrivals_before(lake: Lake, landing: Path, stream: str, before: date) -> list[date]:
    """Arrival days that have something raw: files, or rows."""
    raw = {path.name.removesuffix(".parquet") for path in (lake.root / stream).glob("*/????-??-??.parquet")}
    days = {*arrival_days(landing, stream), *(date.fromisoformat(day) for day in raw)}
    return sorted(day for day in days if day < before)


def _obstacle(lake: Lake, stream: str, day: date, found: Delivered, uncounted: set[date]) -> str | None:
    """Why the raw rows of an arrival day may not go yet: they are read once more, for it cannot be undone."""
    gone = sorted(set(settled_files(lake, stream, day)["file"]))
    ingested = lake.read("files", stream, day).filter(~pl.col("file").is_in(gone))
    lost = sorted(set(ingested["file"]) - set(found.files["file"]))
    if lost:
        return f"{lost[0]} is in landing no more; put it back, for a run over that day would drop its rows"
    versions = [(version_of(rows), lake.file(stream, of_day, day)) for of_day, rows in found.rows.items()]
    if not ingested.sort("file", "account_id").equals(found.files.sort("file", "account_id")) or any(
        version != lake.note(path, VERSION) for version, path in versions
    ):
        return f"its files are not what was ingested; `quarterhour run --date {day}` first"
    waiting = sorted(uncounted & found.rows.keys())
    if waiting:
        return f"{waiting[0]} is not counted yet; `quarterhour run --date {day}` first"
    return None


def _written(landing: Path, found: Delivered, before: dict[str, Print]) -> str | None:
    """Why files may not go whose rows were read: what a sender has added meanwhile is not among these."""
    after = _prints(landing, found.paths)
    changed = sorted(name for name in after if after[name] != before.get(name))
    if changed:
        return f"{changed[0]} is being written; the same again when its sender has closed it"
    return None


def _added(done: Retained, stream: str, day: date, found: Delivered) -> Retained:
    return replace(
        done,
        arrivals=[*done.arrivals, (stream, day)],
        files=done.files + len(found.paths),
        bytes=done.bytes + sum(path.stat().st_size for path in found.paths),
        rows=done.rows + int(found.files["rows"].sum()),
        quarantined=done.quarantined + found.quarantine.height,
    )


def _settle(
    lake: Lake, arrival: ArrivalDay, found: Delivered, prints: dict[str, Print], now: datetime
) -> None:
    """Writes what stays of an arrival day; the file in `settled/files` comes last and makes it count.

    `prints` are those of the files as their rows were read: nothing but that is removed.
    """
    stream, day = arrival
    number = times_settled(lake, stream, day)
    for event_day, rows in found.rows.items():
        left = settled(rows, stream).select(settled_schema(stream).names())
        raw = lake.file(stream, event_day, day)
        notes = {VERSION: lake.note(raw, VERSION) or "", COPIES: lake.note(raw, COPIES) or ""}
        path = settled_rows_file(lake, stream, event_day, day, number)
        _publish(lake, path, left, notes)
        if pl.read_parquet(path).height != rows.height:
            raise RunError(f"{path} does not hold what was written to it; nothing was removed")
    told = pl.lit(f"<dropped on {now:%Y-%m-%d}>")
    refused = pl.concat([settled_quarantine(lake, stream, day), found.quarantine.with_columns(raw=told)])
    _publish(lake, settled_file(lake, "quarantine", stream, day), refused.sort("file", "line"), {})
    facts = [(name, *each) for name, each in prints.items()]
    read = pl.DataFrame(facts, schema=["file", "bytes", "sha256"], orient="row")
    files = found.files.join(read, on="file", how="left").with_columns(
        dropped_at=pl.lit(now).cast(SETTLED_FILES["dropped_at"])
    )
    every = pl.concat([settled_files(lake, stream, day), files.select(SETTLED_FILES.names())])
    notes = {TIMES: str(number + 1)}
    _publish(lake, settled_file(lake, "files", stream, day), every.sort("file", "account_id"), notes)


def _prints(landing: Path, paths: Iterable[Path]) -> dict[str, Print]:
    return {name_of(path, landing): _print_of(path) for path in paths}


def _print_of(path: Path) -> Print:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256")
        return file.tell(), digest.hexdigest()


def sweep_all(lake: Lake, landing: Path) -> None:
    """Ends what a retention left that died."""
    for stream in STREAMS:
        for day in settled_arrivals(lake, stream):
            _sweep(lake, landing, stream, day)


def _sweep(lake: Lake, landing: Path, stream: str, day: date) -> None:
    """Removes what is settled, also what a retention left that died; the landing files are the last."""
    gone = settled_files(lake, stream, day)
    if gone.is_empty():
        return
    names = set(gone["file"])
    files = [path for path in files_of(landing, stream, day) if name_of(path, landing) in names]
    raw = settled_raw(lake, stream, day)
    if not files and not raw:
        return
    quarantine = lake.file("quarantine", stream, day)
    held = pl.read_parquet(quarantine) if quarantine.exists() else QUARANTINE.to_frame()
    rest = held.filter(~pl.col("file").is_in(sorted(names)))
    lake.publish(quarantine, pl.concat([rest, settled_quarantine(lake, stream, day)]).sort("file", "line"))
    for event_day in sorted({date.fromisoformat(path.parent.name) for path in raw}):
        _thin_rejected(lake, event_day)
    _remove(raw)
    read = set(gone["sha256"])
    _remove(path for path in files if _print_of(path)[1] in read)


def _thin_rejected(lake: Lake, day: date) -> None:
    """Refused handoff rows (R7) keep no more of their text than is left of it."""
    path = lake.file("rejected_handoffs", day)
    if path.exists():
        rejected = pl.read_parquet(path)
        thin = sessionizing.with_raw(lake, day, rejected.drop("raw"))
        lake.publish(path, thin.select(rejected.columns), lake.note(path, INPUTS) or "")


def _publish(lake: Lake, path: Path, rows: pl.DataFrame, notes: dict[str, str]) -> None:
    """Publishes a file that is then the only one to say what it says: it is on disk before anything goes."""
    lake.publish(path, rows, notes=notes)
    for place in (path, path.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove(paths: Iterable[Path]) -> None:
    """Files, and the folders that are empty then."""
    for path in paths:
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
