"""The demo's home: two months of generated logs, and the settings that go with them."""

import shutil
from datetime import date, timedelta
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.generator import generate_demo
from orchestration.landing import all_arrival_days
from orchestration.settings import FILE_NAME

MARK = ".demo"
"""A home that a demo made carries this file; no other home is ever emptied."""
OURS = ("landing", "lake", "reports", "dagster", "warehouse.duckdb")


def prepare(home: Path, *, fresh: bool) -> tuple[date, date]:
    """Fills `landing/` and gives the first and last arrival day.

    Raises UsageError where the home holds logs that are not a demo's.
    """
    if (home / "landing").exists() and not (home / MARK).exists():
        raise UsageError(
            f"{home} holds logs of your own; set QUARTERHOUR_HOME to an empty folder for the demo"
        )
    home.mkdir(parents=True, exist_ok=True)
    (home / MARK).touch()
    if fresh:
        for name in OURS:
            _remove(home / name)
        generate_demo(home / "landing")
    days = all_arrival_days(home / "landing")
    end = days[-1] + timedelta(days=1)  # rows may be a day ahead of their arrival
    (home / FILE_NAME).write_text(f"first_day = {days[0]}\nlast_day = {end}\nschedule = false\n")
    return days[0], days[-1]


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
