"""What the benchmark found: figures of programs, how they compare, and whether they gave the same answer."""

from dataclasses import dataclass, field
from typing import Any

from orchestration.bench.measure import Measured


@dataclass(frozen=True)
class Figure:
    """What one program took for one job; of several runs the median one; `runs` has the seconds of all."""

    program: str
    is_ours: bool
    rows: int
    seconds: float
    startup_seconds: float
    cpu_seconds: float | None
    peak_bytes: int
    runs: tuple[float, ...]
    parts: dict[str, float] = field(default_factory=dict)
    """Seconds by part of the work."""

    @property
    def rows_per_second(self) -> float:
        """Rows of interactions that were worked in a second, start-up left out."""
        return self.rows / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Comparison:
    """A figure of ours against a goal; `is_met` is null where there is no goal for it."""

    what: str
    value: float
    unit: str
    goal: str
    is_met: bool | None


@dataclass(frozen=True)
class Answer:
    """How many rows a program gave, and how many of them differ from ours."""

    program: str
    rows: int
    differing: int


@dataclass(frozen=True)
class Stage:
    """One stage of the benchmark: all that ran on the same files, one after the other."""

    key: str
    title: str
    figures: tuple[Figure, ...]
    comparisons: tuple[Comparison, ...] = ()
    answers: tuple[Answer, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def figure(program: str, rows: int, runs: list[Measured], *, is_ours: bool) -> Figure:
    """The median of some runs."""
    median = sorted(runs, key=lambda run: run.seconds)[(len(runs) - 1) // 2]
    return Figure(
        program=program,
        is_ours=is_ours,
        rows=rows,
        seconds=median.seconds,
        startup_seconds=median.startup_seconds,
        cpu_seconds=median.cpu_seconds,
        peak_bytes=median.peak_bytes,
        runs=tuple(run.seconds for run in runs),
        parts=median.told.get("parts", {}),
    )


def at_most(what: str, value: float, goal: float | None, unit: str = "×") -> Comparison:
    """A value that ought not to be above its goal."""
    return Comparison(what, value, unit, _goal("≤", goal, unit), None if goal is None else value <= goal)


def at_least(what: str, value: float, goal: float | None, unit: str = "×") -> Comparison:
    """A value that ought not to be below its goal."""
    return Comparison(what, value, unit, _goal("≥", goal, unit), None if goal is None else value >= goal)


def _goal(sign: str, goal: float | None, unit: str) -> str:
    return "" if goal is None else f"{sign} {goal:g} {unit}"
