"""Partitions: days, arrival and event days alike, as far as the settings say."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

import dagster as dg

from orchestration.errors import UsageError
from orchestration.home import earliest_arrival
from orchestration.settings.loading import load_settings

FALLBACK_FIRST_DAY = date(2026, 1, 1)
"""Where no setting and no landing file names a first day."""


@cache
def first_day() -> date:
    """The first partition: the setting, else the earliest arrival day."""
    settings = load_settings()
    return settings.first_day or earliest_arrival(settings.home) or FALLBACK_FIRST_DAY


def _end(last_day: date | None) -> str | None:
    """Where the days end, for Dagster: the first of them that is no partition any more."""
    return (last_day + timedelta(days=1)).isoformat() if last_day else None


@lru_cache(16)
def _between(first: str, last: str) -> tuple[str, ...]:
    """The days from first to last, both included."""
    start = date.fromisoformat(first)
    return tuple(
        str(start + timedelta(days=number)) for number in range((date.fromisoformat(last) - start).days + 1)
    )


class _Days(dg.DailyPartitionsDefinition):
    """Days in UTC. Dagster goes through a calendar for each of them, for each input of a run."""

    def get_partition_keys(
        self, current_time: datetime | None = None, dynamic_partitions_store: Any = None
    ) -> Sequence[str]:
        """All of them as they are now, in order."""
        if current_time is not None:
            return super().get_partition_keys(current_time, dynamic_partitions_store)
        first, last = self.get_first_partition_key(), self.get_last_partition_key()
        return _between(first, last) if first and last else ()


# The day that has begun is a partition too: rows may be a day ahead of their arrival day.
DAYS = _Days(start_date=first_day().isoformat(), end_date=_end(load_settings().last_day), end_offset=1)


def within(days: Iterable[date]) -> list[date]:
    """Those that are partitions; UsageError where no day is one."""
    earliest, latest = DAYS.get_first_partition_key(), DAYS.get_last_partition_key()
    if earliest is None or latest is None:
        raise UsageError(
            f"no day can be run: the setting first_day lies after last_day, or, where that is not set, after "
            f"today, which is {datetime.now(UTC):%Y-%m-%d} by the clock of this machine"
        )
    return [day for day in days if earliest <= day.isoformat() <= latest]


def require(*days: date) -> None:
    """Raises UsageError for a day that is no partition."""
    for day in days:
        if not within([day]):
            known = f"{DAYS.get_first_partition_key()} to {DAYS.get_last_partition_key()}"
            raise UsageError(
                f"{day} lies outside {known}; see the settings first_day and last_day, or, where no last_day "
                "is set, the clock of this machine"
            )


def days_of(context: dg.AssetExecutionContext) -> list[date]:
    """The days that a run was asked for: one, or a range."""
    return [date.fromisoformat(key) for key in context.partition_keys]
