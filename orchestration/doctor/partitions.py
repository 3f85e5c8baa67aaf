"""The lake: files that can be read, rows that arrived, sessions that were counted of what stands there."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl

from orchestration.counting import fragmenting, sessionizing
from orchestration.counting.terms import terms_of
from orchestration.counting.workers import in_parallel
from orchestration.doctor.finding import Finding
from orchestration.errors import RunError
from orchestration.home import last_arrival
from orchestration.lake import VERSION, Lake, version_of
from orchestration.lake.parts import SETTLED, days_of_rows, settled_arrivals, settled_files
from orchestration.lake.seals import damage_of, remedy_of
from orchestration.lake.tables import SESSIONS, STREAMS
from orchestration.made import is_whole
from orchestration.settings.loading import SettingsError, load_settings_of


def run_command(home: Path) -> str:
    """The night of the last arrival day that was read, which counts whatever is not counted.

    A day that only lies in landing may be outside of what can be run: `last_day` may have passed.
    """
    try:
        last = load_settings_of(home).last_day
    except SettingsError:
        last = None  # told by its own check
    read = {day for stream in STREAMS for day in Lake(home).days("files", stream)}
    day = max((day for day in read if last is None or day <= last), default=None)
    return f"quarterhour run --date {day}" if day else "quarterhour run"


def readable(home: Path, *, thorough: bool = False) -> Iterator[Finding]:
    """Files of the lake that are no Parquet files any more or, if all is read, have other rows or bytes."""
    lake = Lake(home)
    paths = sorted(path for path in lake.root.rglob("*.parquet") if not path.name.startswith("."))
    for path, told in zip(paths, in_parallel(lambda path: _flaw(path, thorough), paths), strict=True):
        if told:
            yield Finding(f"{path} {told}", remedy_of(lake.root, path))


def _flaw(path: Path, thorough: bool) -> str | None:
    try:
        noted = pl.read_parquet_metadata(path).get(VERSION)
        if not thorough:
            return None
        is_of_raw_rows = path.parts[-5:-3] == (SETTLED, "rows")  # which are gone: the seal alone tells
        if not is_of_raw_rows and noted != version_of(pl.read_parquet(path)):
            return "holds other rows than were written: it was changed"
        damage = damage_of(path)
    except FileNotFoundError:  # a run has replaced it
        return None
    except (pl.exceptions.PolarsError, OSError) as error:
        return f"cannot be read: {str(error).splitlines()[0]}"
    return f"is damaged: {damage}" if damage and path.exists() else None


def orphaned(home: Path) -> Iterator[Finding]:
    """Rows whose arrival is not noted, arrivals whose file is gone, and sessions of days without rows."""
    lake, landing = Lake(home), home / "landing"
    for stream in STREAMS:
        noted = set(lake.days("files", stream))
        held = {_day(path) for path in (lake.root / stream).glob("*/????-??-??.parquet")}
        for day in sorted(held - noted):
            told = f"{lake.root / stream}/*/{day}.parquet: rows of an arrival day that no ingest has ended"
            yield Finding(told, f"quarterhour run --date {day}")
        for day in sorted(noted):
            yield from _lost(lake, landing, stream, day)
    known = set[date]().union(lake.days("stretches"), *(days_of_rows(lake, s) for s in STREAMS))
    for table in SESSIONS:
        for day in sorted(set(lake.days(table)) - known):
            path = lake.file(table, day)
            told = f"{path}: sessions of a day of which the lake has neither rows nor stretches"
            yield Finding(told, f"rm {path}; {run_command(home)}")


def _lost(lake: Lake, landing: Path, stream: str, day: date) -> Iterator[Finding]:
    path = lake.file("files", stream, day)
    try:
        names = set(pl.read_parquet(path, columns=["file"])["file"])
        gone = set(settled_files(lake, stream, day)["file"])
    except (RunError, pl.exceptions.PolarsError, OSError):
        return  # told as a file that cannot be read
    for name in sorted(names - gone):
        if not (landing / name).exists():
            yield Finding(
                f"{landing / name} was ingested, and is in landing no more",
                f"put it back, from a backup; or, if its rows are to go: quarterhour run --date {day}",
            )


def lost(home: Path) -> Iterator[Finding]:
    """Rows that were counted, and are in the lake no more."""
    lake = Lake(home)
    for day in lake.days("stretches"):
        try:
            gone = fragmenting.lost_arrivals(lake, day)
        except (RunError, pl.exceptions.PolarsError, OSError):
            continue  # told as a file that cannot be read
        for stream, arrival in gone:
            told = f"{lake.root}: rows of {stream} of {day} that arrived on {arrival} are gone"
            again = f"quarterhour run --date {arrival}"
            is_settled = arrival in settled_arrivals(lake, stream)
            yield Finding(told, f"put them back from a backup, then {again}" if is_settled else again)


def unfinished(home: Path) -> Iterator[Finding]:
    """What stands in the lake has not come onto the pages: a run was killed, stopped, or failed."""
    if last_arrival(home) and not is_whole(home):
        told = "lake and ledger are ahead of marts, outbox or pages: a run did not come to its end"
        yield Finding(told, "quarterhour run")


def uncounted(home: Path) -> Iterator[Finding]:
    """Days that a killed run left half told; the next run counts them, whatever it is asked for."""
    lake = Lake(home)
    try:
        terms = terms_of(lake, load_settings_of(home))
        days = sorted({*fragmenting.dirty_days(lake), *sessionizing.dirty_days(lake, terms)})
    except (SettingsError, RunError, pl.exceptions.PolarsError, OSError):
        return  # told by their own checks
    if days:
        told = f"{len(days)} days are not counted with what the lake holds of them, the first is {days[0]}"
        yield Finding(told, run_command(home))


def _day(path: Path) -> date:
    return date.fromisoformat(path.stem)
