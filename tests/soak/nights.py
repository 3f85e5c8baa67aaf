"""Nights of the soak: what each took is kept in a file, so that a second call goes on from there."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.soak.year import day_of, land

COMMAND_EVERY = 30
KEPT = "nights.jsonl"


@dataclass(frozen=True)
class Night:
    """What a night took, and how large the home was after it."""

    number: int
    day: str
    seconds: float
    processor_seconds: float
    is_command: bool
    warnings: int
    home_mb: float
    files: int
    dagster_mb: float
    peak_mb: float


def nights_of(folder: Path) -> list[Night]:
    """The nights that were soaked, in their order."""
    path = folder / KEPT
    return [Night(**json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def soak(folder: Path, home: Path, nights: int) -> Iterator[Night]:
    """The nights that are not soaked yet: for each its files land, then the job runs."""
    for number in range(len(nights_of(folder)), nights):
        land(folder / "source", home / "landing", day_of(number))
        is_command = number % COMMAND_EVERY == COMMAND_EVERY - 1
        began, worked = time.monotonic(), _processor_seconds()
        warnings = _by_command(number) if is_command else _in_process(home, number)
        took = time.monotonic() - began, _processor_seconds() - worked
        night = _measured(home, number, took, warnings, is_command)
        with (folder / KEPT).open("a") as kept:
            kept.write(json.dumps(asdict(night)) + "\n")
        yield night


def _processor_seconds() -> float:
    """What this process and those that it waited for have computed."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def _measured(home: Path, number: int, took: tuple[float, float], warnings: int, is_command: bool) -> Night:
    sizes = {path: path.stat().st_size for path in home.rglob("*") if path.is_file()}
    of_dagster = sum(size for path, size in sizes.items() if path.is_relative_to(home / "dagster"))
    return Night(
        number=number,
        day=str(day_of(number)),
        seconds=round(took[0], 2),
        processor_seconds=round(took[1], 2),
        is_command=is_command,
        warnings=warnings,
        home_mb=round(sum(sizes.values()) / 1e6, 2),
        files=len(sizes),
        dagster_mb=round(of_dagster / 1e6, 2),
        peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, 1),
    )


def _in_process(home: Path, number: int) -> int:
    """The night through the real job; gives the number of its warnings."""
    from orchestration.runs.nightly import run_night

    return len(run_night(home, day_of(number), day_of(number)))


def _by_command(number: int) -> int:
    """The night as an operator's command; gives the number of its warnings."""
    command = [quarterhour(), "run", "--date", str(day_of(number))]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{ran.stderr}")
    return ran.stderr.count("warning:")


def quarterhour() -> str:
    """The command of the environment that soaks."""
    return str(Path(sys.executable).parent / "quarterhour")


def set_days(home: Path, nights: int) -> None:
    """The partitions of so many nights; documents as PDF are made once, and measured by nobody."""
    text = f"first_day = {day_of(0)}\nlast_day = {day_of(nights)}\npdf = false\n"
    (home / "quarterhour.toml").write_text(text)


def use(home: Path) -> None:
    """Tells the package, before any of it is imported, which home it is to work on."""
    os.environ |= {"QUARTERHOUR_HOME": str(home), "DAGSTER_DISABLE_TELEMETRY": "1"}
