"""The night, at one size or more."""

from datetime import timedelta

from orchestration.bench.measure import Measured, run_program
from orchestration.bench.plan import Plan
from orchestration.bench.results import Comparison, Figure, Stage, at_most, figure

SECONDS_GOALS = {10_000_000: 45.0}
MEMORY_GOALS = {10_000_000: 4.0, 100_000_000: 10.0}
"""Gigabytes."""
TENFOLD_GOALS = {10_000_000: 12.0}
"""From a size to ten times as much: how many times longer it may take."""
_GB = 1e9


def night_stage(plan: Plan) -> Stage:
    """Landing to reports through Dagster, in a fresh home."""
    figures: dict[int, Figure] = {}
    for events in sorted(set(plan.night_events or (plan.events,))):
        case = plan.case("mixed", events)
        plan.tell(f"night: {events:,} interactions")
        figures[events] = figure(
            f"quarterhour, {size_of(events)}", case.rows, [_night(plan, events)], is_ours=True
        )
    return Stage("night", "The night: landing to reports", tuple(figures.values()), tuple(_compared(figures)))


def size_of(events: int) -> str:
    """A size as people say it."""
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if events >= unit:
            return f"{events / unit:g} {name}"
    return str(events)


def _night(plan: Plan, events: int) -> Measured:
    case = plan.case("mixed", events)
    home = plan.fresh("night")
    (home / "landing").symlink_to(case.landing.resolve())
    environ = {
        "QUARTERHOUR_HOME": str(home),
        "QUARTERHOUR_FIRST_DAY": str(case.first_day),
        # Rows may be a day ahead of their arrival.
        "QUARTERHOUR_LAST_DAY": str(case.last_day + timedelta(days=1)),
        "DAGSTER_HOME": str(home / "dagster"),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    asked = {"home": str(home), "first": str(case.first_day), "last": str(case.last_day)}
    took = run_program("night", asked, environ)
    plan.fresh("night")
    return took


def _compared(figures: dict[int, Figure]) -> list[Comparison]:
    compared = []
    for events, found in figures.items():
        name = size_of(events)
        compared.append(at_most(f"{name}: time", found.seconds, SECONDS_GOALS.get(events), "s"))
        compared.append(
            at_most(f"{name}: peak memory", found.peak_bytes / _GB, MEMORY_GOALS.get(events), "GB")
        )
        if events * 10 in figures:
            ratio = figures[events * 10].seconds / found.seconds
            compared.append(
                at_most(f"time({size_of(events * 10)}) / time({name})", ratio, TENFOLD_GOALS.get(events))
            )
    return compared
