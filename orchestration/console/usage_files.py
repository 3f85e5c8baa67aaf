"""The files beside an account's usage page: data for its script, and CSV, month by month."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from orchestration.console.files import File
from orchestration.console.usage_figures import AccountFigures, MonthFigures
from orchestration.console.usage_marts import runs
from reports.models.usage_page import MonthDownloads
from reports.usage_calendar import hour_stamps
from reports.usage_csv import usage_csv
from reports.usage_data import days_file, hours_file

MONTHLY = "csv/usage-monthly.csv"

ROWS_BESIDE_DAYS = 20_000
"""So many hours by app stand in the days' file; more have a file of their own, which is read when needed."""


def files(figures: AccountFigures) -> Iterator[File]:
    """All of them."""
    newest = _newest_with_hours(figures)
    for month in figures.months:
        yield File(f"data/{month.name}.js", _days(figures, month))
        if has_hours_apart(month):
            yield File(f"data/{month.name}-hours.js", hours_file(month.name, _hours(figures, month)))
        if len(month.days.at):
            yield File(_name("daily", month), _daily(figures, month))
    if newest:
        yield File(_name("hourly", newest), _hourly(figures, newest))
    yield File(MONTHLY, _monthly(figures))


def downloads(figures: AccountFigures) -> Iterator[MonthDownloads]:
    """The months' CSV files, the newest first; that one by hour too, and the page makes any other."""
    newest = _newest_with_hours(figures)
    for month in reversed(figures.months):
        if len(month.days.at):
            hourly = _name("hourly", month) if month is newest else None
            yield MonthDownloads(month.month, _name("daily", month), hourly)


def has_hours_apart(month: MonthFigures) -> bool:
    """Whether a month's hours by app have a file of their own."""
    return len(month.hours.at) > ROWS_BESIDE_DAYS


def _newest_with_hours(figures: AccountFigures) -> MonthFigures | None:
    return next((month for month in reversed(figures.months) if len(month.hours.at)), None)


def _name(kind: str, month: MonthFigures) -> str:
    return f"csv/usage-{kind}-{month.name}.csv"


def _days(figures: AccountFigures, month: MonthFigures) -> bytes:
    apps, _, counts = month.app_runs
    days = {"rows": counts, "day": month.days.at, **month.days.columns}
    hours = None if has_hours_apart(month) else _hours(figures, month)
    return days_file(month.name, month.clock, (_ids(figures, apps), days), month.all_hours(), hours)


def _hours(figures: AccountFigures, month: MonthFigures) -> tuple[list[str], dict[str, np.ndarray]]:
    apps, _, counts = runs(month.hours.apps)
    return _ids(figures, apps), {"rows": counts, "hour": month.hours.at, **month.counted_hours}


def _ids(figures: AccountFigures, numbers: np.ndarray) -> list[str]:
    return [figures.apps[number].app_id for number in numbers.tolist()]


def _daily(figures: AccountFigures, month: MonthFigures) -> bytes:
    when = _dates(month.month, figures.day(figures.through))
    return usage_csv(when, month.days.at, figures.apps, month.days.apps, month.days.columns)


@lru_cache(1_024)
def _dates(month: date, complete: date) -> Mapping[str, Sequence[str]]:
    """A month's days, and whether they are over; the same for most accounts."""
    days = [month + timedelta(days=number) for number in range(31)]
    return {
        "usage_date": tuple(day.isoformat() for day in days),
        "is_complete": tuple("true" if day <= complete else "false" for day in days),
    }


def _hourly(figures: AccountFigures, month: MonthFigures) -> bytes:
    when = {"usage_hour": hour_stamps(figures.zones, month.month)}
    return usage_csv(when, month.hours.at, figures.apps, month.hours.apps, month.hours.columns)


def _monthly(figures: AccountFigures) -> bytes:
    parts = [month.by_app(figures.measures) for month in figures.months]
    times = np.repeat(np.arange(len(parts)), [len(apps) for apps, _ in parts])
    apps = np.concatenate([apps for apps, _ in parts])
    columns = {name: np.concatenate([part[name] for _, part in parts]) for name in figures.measures}
    when = {"usage_month": [month.name for month in figures.months]}
    return usage_csv(when, times, figures.apps, apps, columns)
