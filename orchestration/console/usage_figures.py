"""An account's usage in the forms that its page and the files beside it want: by day, by month, by app."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from orchestration.console.usage_marts import AccountRows, Rows, runs
from reports.models import Account, next_month
from reports.models.usage_page import AppMonths, DayFigures, UsageApp
from reports.names import month_folder
from reports.usage_calendar import (
    HOUR_MS,
    DayCalendar,
    HourCalendar,
    ZonePeriod,
    day_calendar,
    first_hour,
    hour_calendar,
    months_between,
    presets,
)
from reports.usage_data import AGENTS, COUNTS, Columns, PageData

SHOWN = (*COUNTS[:-1], AGENTS, COUNTS[-1])
"""The measures in the order in which tables show them."""

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class MonthFigures:
    """A month's hours as clocks show them, and its rows by app, of days and hours counted from its first."""

    month: date
    clock: HourCalendar
    days: Rows
    hours: Rows

    @property
    def name(self) -> str:
        """`1999-02`."""
        return month_folder(self.month)

    @cached_property
    def app_runs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The apps that have days, where the days of each start, and how many they are."""
        return runs(self.days.apps)

    @property
    def counted_hours(self) -> Columns:
        """The hours' counts; their agents are those of their days (R16)."""
        return {name: self.hours.columns[name] for name in COUNTS}

    def all_hours(self) -> Columns:
        """The hours of all apps together, those with usage."""
        hours = np.flatnonzero(np.bincount(self.hours.at))
        added = {
            name: np.bincount(self.hours.at, weights=column)[hours].astype(np.int64)
            for name, column in self.counted_hours.items()
        }
        return {"hour": hours, **added}

    def by_app(self, measures: Sequence[str]) -> tuple[np.ndarray, Columns]:
        """The apps and their figures of the month: added up, and the highest day's agents (R16)."""
        apps, starts, _ = self.app_runs
        if not len(apps):
            return apps, {name: np.zeros(0, np.int64) for name in measures}
        return apps, {
            name: (np.maximum if name == AGENTS else np.add).reduceat(self.days.columns[name], starts)
            for name in measures
        }


@dataclass(frozen=True)
class AccountFigures:
    """What the marts say of an account that has usage."""

    account: Account
    zones: tuple[ZonePeriod, ...]
    apps: tuple[UsageApp, ...]  # in the order of their numbers
    rows: AccountRows

    @cached_property
    def first(self) -> date:
        """The first day that has figures."""
        return _EPOCH + timedelta(days=int(self.rows.totals.at[0]))

    @cached_property
    def last(self) -> date:
        """The last day that has figures, or lies before the watermark, if only in part."""
        newest = _EPOCH + timedelta(days=int(self.rows.totals.at[-1]))
        if self.account.watermark is None:
            return newest
        before = self.account.watermark - timedelta(milliseconds=1)
        return max(newest, before.astimezone(ZoneInfo(self.account.zone)).date())

    @property
    def size(self) -> int:
        """How many days there are, from the first to the last."""
        return (self.last - self.first).days + 1

    @cached_property
    def calendar(self) -> DayCalendar:
        """Those days, and what they are called."""
        return day_calendar(self.account.locale, self.first, self.last)

    @cached_property
    def through(self) -> int:
        """The number of the last complete day; -1 where none is."""
        through = self.account.data_through
        return -1 if through is None else max(-1, (min(through, self.last) - self.first).days)

    @property
    def measures(self) -> tuple[str, ...]:
        """R16: an Enterprise account's agents are in none of its files."""
        return (*COUNTS, AGENTS) if self.account.shows_agents else COUNTS

    @cached_property
    def totals(self) -> Columns:
        """The account's days, one after the other: a day without a row has nothing."""
        days = self.rows.totals.at - self.rows.totals.at[0]
        filled = {name: np.zeros(self.size, np.int64) for name in self.measures}
        for name, column in filled.items():
            column[days] = self.rows.totals.columns[name]
        return filled

    @cached_property
    def months(self) -> list[MonthFigures]:
        """The months from the first day's to the last day's."""
        months = list(months_between(self.first, self.last))
        ends = [*months, next_month(months[-1])]
        days, hours = self.rows.days, self.rows.hours
        if not self.account.shows_agents:
            days, hours = days.without(AGENTS), hours.without(AGENTS)
        parts = zip(
            months,
            days.by_month([(each - _EPOCH).days for each in ends]),
            hours.by_month([first_hour(self.zones, each) for each in ends]),
            strict=True,
        )
        return [
            MonthFigures(month, hour_calendar(self.zones, self.account.locale, month), of_days, of_hours)
            for month, of_days, of_hours in parts
        ]

    def day(self, number: int) -> date:
        """A day by its number."""
        return self.first + timedelta(days=number)

    def recent_days(self, count: int) -> Iterator[DayFigures]:
        """The newest complete days, in order."""
        start = max(0, self.through + 1 - count)
        columns = [
            self.totals[name][start : self.through + 1].tolist() for name in SHOWN if name in self.totals
        ]
        for place, figures in enumerate(zip(*columns, strict=True)):
            yield DayFigures(self.day(start + place), figures)

    def app_months(self, months: Sequence[MonthFigures]) -> Iterator[AppMonths]:
        """The apps' billing sessions of months; none where an app has no day in the month."""
        counts = np.full((len(months), len(self.apps)), -1, np.int64)
        for place, month in enumerate(months):
            apps, columns = month.by_app(("billing_sessions",))
            counts[place, apps] = columns["billing_sessions"]
        for app, column in zip(self.apps, counts.T.tolist(), strict=True):
            yield AppMonths(app, tuple(count if count >= 0 else None for count in column))

    def page_data(self, hour_files: Sequence[str]) -> PageData:
        """What the page's script must know."""
        end = self.account.hour_through
        starts = [month.clock.first for month in self.months]
        return PageData(
            locale=self.account.formats.tag,
            zone=self.account.zone,
            direction=self.account.formats.direction,
            shows_agents=self.account.shows_agents,
            calendar=self.calendar,
            through=self.through,
            presets=presets(self.first, self.day(self.through) if self.through >= 0 else None),
            first_hour=first_hour(self.zones, self.first),
            hours_end=0 if end is None else int(end.timestamp() * 1000) // HOUR_MS,
            month_hours=[*starts, starts[-1] + self.months[-1].clock.starts[-1]],
            hours_are_shifted=self.months[-1].clock.is_shifted,
            hour_files=hour_files,
            apps=self.apps,
            days=self.totals,
        )
