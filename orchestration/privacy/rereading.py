"""What a forgetting ingests again: of an arrival day the files that the lake has read, and no others.

What landed since has got its new name where it lies, and waits on for its run: to take it now would change
counts, and of a new day move the watermark (R13).
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from orchestration.errors import RunError
from orchestration.lake import Lake
from orchestration.lake.parts import settled_files
from orchestration.landing.arrived import unread
from orchestration.landing.files import files_of, name_of
from orchestration.landing.ingest import ingest


def read_again(lake: Lake, landing: Path, stream: str, day: date) -> None:
    """Ingests again what an ingest has read of an arrival day; of a day that none has read, nothing."""
    names = _names_read(lake, stream, day)
    if names:
        ingest(lake, landing, stream, day, only=names)


def require_as_read(lake: Lake, landing: Path, arrivals: Iterable[tuple[str, date]]) -> None:
    """Raises RunError where reading arrival days again would change more than a name."""
    for stream, day in arrivals:
        problem = _problem(lake, landing, stream, day)
        if problem:
            raise RunError(
                f"{problem}, then forget again: as it is counts would change, nothing was forgotten"
            )


def _problem(lake: Lake, landing: Path, stream: str, day: date) -> str | None:
    """What is not as it was read, and what to do first."""
    run_it = f"`quarterhour run --date {day}`"
    if not lake.file("files", stream, day).exists():
        held = [*(lake.root / stream).glob(f"????-??-??/{day}.parquet")]
        if held or lake.file("quarantine", stream, day).exists():
            return f"the ingest of {stream} that arrived on {day} was stopped half-way; {run_it}"
        return None
    names = _names_read(lake, stream, day) - set(settled_files(lake, stream, day)["file"])
    changed = sorted(names & {name_of(path, landing) for path in unread(lake, landing, stream, day)})
    if changed:
        return f"landing/{changed[0]} has changed since it was read; {run_it}"
    lost = sorted(names - {name_of(path, landing) for path in files_of(landing, stream, day)})
    if lost:
        return (
            f"landing/{lost[0]} was read and is there no more; put it back, or {run_it} to count without it"
        )
    return None


def _names_read(lake: Lake, stream: str, day: date) -> set[str]:
    if not lake.file("files", stream, day).exists():
        return set()
    return set(lake.read("files", stream, day)["file"])
