"""The site: of many accounts, and of one that is large."""

import shutil
from pathlib import Path

from orchestration.bench.crowds import Crowd, home_of
from orchestration.bench.measure import Measured, run_program
from orchestration.bench.opening import can_open, seconds_to_open
from orchestration.bench.plan import Plan
from orchestration.bench.results import Comparison, Stage, at_most, figure
from orchestration.console.shares import REPORTS

MOST_ACCOUNTS, APPS, DAYS = 1_000, 10, 395
LARGE_APPS, LARGE_DAYS = 1_000, 1_095
_GOALS = (60.0, 3.0, 2.0)
"""Of the whole size: seconds to render, megabytes of a page, seconds to open it."""
_MB = 1e6
_ASIDE = ".reports-"


def pages_stage(plan: Plan) -> Stage:
    """A home with an account for each thousand events, 1,000 at most; and one account with as many apps."""
    size = min(MOST_ACCOUNTS, max(2, plan.events // 1_000))
    many, large = Crowd(size, APPS, DAYS), Crowd(1, min(LARGE_APPS, size), LARGE_DAYS)
    runs: dict[str, tuple[int, Measured]] = {}
    for crowd, name in ((many, f"{size:,} accounts"), (large, f"one account of {large.apps:,} apps")):
        plan.tell(f"home: {name}, {crowd.days} days")
        home = home_of(plan.home / "bench-logs", crowd)
        for asked, roles, fresh in (
            ("one role", ["admin"], True),
            ("both roles", ["admin", "shared"], True),
            ("nothing changed", ["admin", "shared"], False),
        ):
            plan.tell(f"pages: {name}, {asked}")
            if fresh:
                _put_aside(home)
            told = {"home": str(home), "roles": roles}
            runs[f"{name}: {asked}"] = crowd.app_days, run_program("pages", told)
        for aside in home.glob(f"{_ASIDE}*"):
            shutil.rmtree(aside)
    figures = [figure(name, rows, [took], is_ours=True) for name, (rows, took) in runs.items()]
    return Stage("pages", "The site: marts to HTML", tuple(figures), tuple(_compared(runs, size)))


def _put_aside(home: Path) -> None:
    """Makes room for a new site, but deletes nothing: a file system is slow where it has just freed much."""
    if (home / REPORTS).exists():
        (home / REPORTS).rename(home / f"{_ASIDE}{len(list(home.glob(f'{_ASIDE}*')))}")


def _compared(runs: dict[str, tuple[int, Measured]], size: int) -> list[Comparison]:
    seconds, size_mb, opening = _GOALS if size == MOST_ACCOUNTS else (None, None, None)
    (_, first), *_, (_, last) = runs.values()
    found = [
        at_most("many accounts, one role", first.seconds, seconds, "s"),
        at_most("usage page of the large account", last.told["largest_bytes"] / _MB, size_mb, "MB"),
    ]
    if can_open():
        took = seconds_to_open(Path(last.told["largest"]))
        found.append(at_most("it opens in Chromium", took, opening, "s"))
    return found
