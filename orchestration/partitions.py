"""Partitions: days, arrival and event days alike, as far as the settings say."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import dagster as dg

from orchestration.landing import all_arrival_days
from orchestration.settings import load_settings

FALLBACK_FIRST_DAY = date(2026, 1, 1)
"""Where no setting and no landing file names a first day."""


@cache
def first_day() -> date:
    """The first partition: the setting, else the earliest arrival day that has landed."""
    settings = load_settings()
    landed = earliest_landed(settings.home)
    return settings.first_day or landed or FALLBACK_FIRST_DAY


def earliest_landed(home: Path) -> date | None:
    """The earliest arrival day in `landing/`."""
    days = all_arrival_days(home / "landing")
    return days[0] if days else None


def _end(last_day: date | None) -> str | None:
    """Where the days end, for Dagster: the first of them that is no partition any more."""
    return (last_day + timedelta(days=1)).isoformat() if last_day else None


# The day that has begun is a partition too: rows may be a day ahead of their arrival day.
DAYS = dg.DailyPartitionsDefinition(
    start_date=first_day().isoformat(), end_date=_end(load_settings().last_day), end_offset=1
)


def days_of(context: dg.AssetExecutionContext) -> list[date]:
    """The days that a run was asked for: one, or a range."""
    return [date.fromisoformat(key) for key in context.partition_keys]
