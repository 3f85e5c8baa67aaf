"""Whether a year of nights held: time and size stay flat, the ledger is whole, a rebuild gives the same."""

import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

from tests.soak.nights import Night, quarterhour

MOST_GROWTH = 1.2
EARLY, LATE = slice(30, 60), slice(-30, None)
MOST_SECONDS = 8.0


def grown(nights: Sequence[Night]) -> Iterator[str]:
    """What did not stay flat, of the nights in one process; nothing is said of less than ninety."""
    own = [night for night in nights if not night.is_command]
    if len(own) < 90:
        return
    for what, early, late in (
        ("a night's seconds", *_medians([night.seconds for night in own])),
        # Its work too: what else a machine does makes a night longer, and may hide that there is more of it.
        ("a night's processor seconds", *_medians([night.processor_seconds for night in own])),
        ("what Dagster keeps of a night, in MB", *_medians(_steps([night.dagster_mb for night in own]))),
        ("what a night adds to the home, in MB", *_medians(_steps([night.home_mb for night in own]))),
    ):
        print(f"{what}: median of nights 31 to 60 {early:.2f}, of the last 30 {late:.2f}")
        if late > MOST_GROWTH * early:
            yield f"{what}: {late / early:.2f} times those of the second month"
    if median(night.seconds for night in own) > MOST_SECONDS:
        yield f"a night takes more than {MOST_SECONDS:g} s: {median(night.seconds for night in own):.2f} s"


def _medians(values: Sequence[float]) -> tuple[float, float]:
    return median(values[EARLY]), median(values[LATE])


def _steps(values: Sequence[float]) -> list[float]:
    return [0.0, *(after - before for before, after in pairwise(values))]


def ledger_faults(home: Path) -> list[str]:
    """What the ledger says against itself."""
    from orchestration.ledger import Ledger

    ledger = Ledger(home)
    print(f"{len(ledger.entries())} entries in the ledger")
    return ledger.verify()


def rebuilt_otherwise(folder: Path, home: Path) -> Iterator[str]:
    """What a rebuild from landing into an empty home tells otherwise."""
    from orchestration.runs.rebuilding import differences

    other = folder / "rebuilt"
    shutil.rmtree(other, ignore_errors=True)
    began = time.monotonic()
    command = [quarterhour(), "rebuild", "--out", str(other)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        yield f"the rebuild failed:\n{ran.stderr}"
        return
    print(f"rebuilt from landing in {time.monotonic() - began:.0f} s")
    yield from differences(home, other)
