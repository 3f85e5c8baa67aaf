"""Whether nights run: arrival days whose night is over, and that no run has read."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from orchestration.doctor.finding import Finding
from orchestration.errors import RunError
from orchestration.home import earliest_arrival, last_arrival, unread_days
from orchestration.settings.loading import Settings, SettingsError, load_settings_of

NIGHTS = timedelta(days=2)
"""From the begin of an arrival day to the end of the day on which its night runs, at 02:00 UTC."""


def overdue(home: Path, now: datetime | None = None) -> Iterator[Finding]:
    """Arrival days before yesterday, by the clock, with landed files that no ingest has read.

    Today's files are still arriving and yesterday's have the whole of today for their night, so neither is
    told. The clock decides and not the watermark: that stands still where no night runs. Days outside
    `first_day` and `last_day` are left out, as `quarterhour run` leaves them.
    """
    try:
        days = _overdue_days(home, load_settings_of(home), now or datetime.now(UTC))
        read = last_arrival(home)
    except (SettingsError, RunError, pl.exceptions.PolarsError, OSError):
        return  # told by their own checks
    if days:
        last = f"the last arrival day that was read is {read}" if read else "none was ever read"
        which = f"day {days[0]} waits" if len(days) == 1 else f"days {days[0]} to {days[-1]} wait"
        yield Finding(
            f"arrival {which} since {days[0] + timedelta(days=1)} 02:00 UTC for a night that reads all of "
            f"their files; {last}",
            "quarterhour run; then see why no night ran (is the daemon up, is the setting schedule on?)",
        )


def _overdue_days(home: Path, settings: Settings, now: datetime) -> list[date]:
    first = settings.first_day or earliest_arrival(home)
    ended = (now - NIGHTS).date()
    last = min(settings.last_day or ended, ended)
    return [day for day in unread_days(home) if first and first <= day <= last]
