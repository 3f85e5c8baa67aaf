"""What a benchmark is asked to do, and the folders in which it does it."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.bench import cases
from orchestration.bench.cases import Case
from orchestration.bench.measure import Measured, run_program
from orchestration.errors import UsageError

STAGES = ("ingest", "sessions", "bursts", "night", "late", "lineage", "pages")
MOST_ROWS_PER_DAY = 1_000_000
LATE_AGE_DAYS = 20
"""How old the day of the late row is."""


@dataclass(frozen=True)
class Spark:
    """How to start PySpark: the interpreter that has it, and the memory that it is given."""

    python: str
    memory: str = "4g"


@dataclass(frozen=True)
class Plan:
    """Sizes, stages and folders. Logs are kept in `home`/bench-logs; `home`/bench-run is emptied and used."""

    events: int
    home: Path
    days: int = 10
    stages: tuple[str, ...] = STAGES
    repeat: int = 3
    """Runs of each program of the short stages; the median counts."""
    night_events: tuple[int, ...] = ()
    """Sizes of the night; by default `events` alone."""
    late_days: int = 60
    rows_per_day: int = MOST_ROWS_PER_DAY
    """Of the days that the late row is compared with."""
    spark: Spark | None = None
    tell: Callable[[str], None] = field(default=lambda text: None)

    def case(self, name: str, events: int | None = None, days: int | None = None) -> Case:
        """Generated logs: `chats`, `bursts` or `mixed`."""
        make = {"chats": cases.chats, "bursts": cases.bursts, "mixed": cases.mixed}[name]
        size, length = events or self.events, days or self.days
        self.tell(f"logs: {name}, {size:,} interactions in {length} days")
        return make(self.home / "bench-logs", size, length)

    def fresh(self, *parts: str) -> Path:
        """An empty folder of this run."""
        folder = self.home.joinpath("bench-run", *parts)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def lake_of(self, case: Case) -> Path:
        """A home whose lake holds the case's rows, ingested in this run."""
        home = self.home / "bench-run" / "lakes" / case.id
        if not (home / "ingested").exists():
            self.ingested(case)
        return home

    def ingested(self, case: Case) -> Measured:
        """Ingests a case into a fresh home."""
        home = self.fresh("lakes", case.id)
        self.tell(f"ingest: {case.name}")
        took = run_program("ingest", {"home": str(home), "landing": str(case.landing)})
        (home / "ingested").touch()
        return took


def plan_of(
    *,
    events: int,
    days: int,
    stages: Sequence[str] | None,
    night_events: Sequence[int] | None,
    rows_per_day: int | None,
    late_days: int,
    repeat: int,
    home: Path,
    spark_python: str | None,
    tell: Callable[[str], None],
) -> Plan:
    """The plan of the command line; raises UsageError where it cannot be carried out."""
    unknown = sorted(set(stages or ()) - set(STAGES))
    if unknown:
        raise UsageError(f"--stages: {', '.join(unknown)} is none of {', '.join(STAGES)}")
    if min(events, days, repeat, rows_per_day or 1, *(night_events or (1,))) < 1:
        raise UsageError("--events, --days, --repeat, --rows-per-day and --night must be at least 1")
    if late_days <= LATE_AGE_DAYS:
        raise UsageError(f"--late-days must be above {LATE_AGE_DAYS}, the age of the late row")
    return Plan(
        events=events,
        days=days,
        stages=tuple(stages or STAGES),
        night_events=tuple(night_events or ()),
        rows_per_day=rows_per_day or min(MOST_ROWS_PER_DAY, -(-events // 10)),
        late_days=late_days,
        repeat=repeat,
        home=home.resolve(),
        spark=spark_with(spark_python) if spark_python else None,
        tell=tell,
    )


def spark_with(python: str) -> Spark:
    """PySpark under an interpreter; raises UsageError where it has none."""
    try:
        tried = subprocess.run([python, "-c", "import pyspark"], capture_output=True, check=False)
    except OSError as error:
        raise UsageError(f"--spark-python {python}: {error.strerror}") from error
    if tried.returncode:
        raise UsageError(
            f"PySpark is missing under {python}: pip install pyspark into an environment of its own "
            "and name its interpreter with --spark-python"
        )
    return Spark(python)


def rounds(count: int, programs: dict[str, Callable[[], Measured]]) -> dict[str, list[Measured]]:
    """Runs all programs `count` times in turn, so that a slow minute of the machine meets each of them."""
    runs: dict[str, list[Measured]] = {name: [] for name in programs}
    for _ in range(count):
        for name, program in programs.items():
            runs[name].append(program())
    return runs
