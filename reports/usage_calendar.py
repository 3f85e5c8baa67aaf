"""Which days, weeks, months and hours a usage page shows, and what they are called (R17).

A script adds figures up, but it knows no calendar: what it needs of one is made here and given to it. Days
are numbered from the account's first one, hours from the epoch.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from babel import dates

from reports import names
from reports.locales import Formats, formats_of
from reports.models.usage import next_month

HOUR_MS = 3_600_000
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_Shown = tuple[int, int, str]
"""Hour and minute on a clock, and the offset where it is needed."""


@dataclass(frozen=True)
class ZonePeriod:
    """A zone of an account, and from when it holds: a change takes effect with a month (R17)."""

    zone: str
    first_day: date  # no instant of the period has an earlier local day
    from_ms: int


@dataclass(frozen=True)
class Buckets:
    """Weeks or months one after the other: the number of each one's first day, its length and its names."""

    ids: tuple[str, ...]
    starts: tuple[int, ...]
    sizes: tuple[int, ...]
    names: tuple[str, ...]
    short_names: tuple[str, ...]


@dataclass(frozen=True)
class DayCalendar:
    """The days from the first to the last, and the weeks and months that they lie in."""

    first: date
    names: tuple[str, ...]
    short_names: tuple[str, ...]
    weeks: Buckets
    months: Buckets


@dataclass(frozen=True)
class HourCalendar:
    """The hours of UTC that begin in a local month: the first, where each day begins, what they are called.

    `clock` has the hours of an ordinary day, `odd` those of the days (by number, from 0) on which the clocks
    change or the zone does.
    """

    first: int
    starts: tuple[int, ...]  # one for each day, and the end of the last
    clock: tuple[str, ...]
    odd: tuple[tuple[int, tuple[str, ...]], ...]
    is_shifted: bool  # the zone's clocks show no full hour where one of UTC begins


@lru_cache(256)
def day_calendar(locale: str, first: date, last: date) -> DayCalendar:
    """The calendar of the days from the first to the last."""
    wording = formats_of(locale)
    days = [first + number * _DAY for number in range((last - first).days + 1)]
    return DayCalendar(
        first=first,
        names=tuple(map(wording.long_day, days)),
        short_names=tuple(map(wording.short_day, days)),
        weeks=_weeks(wording, first, last),
        months=_months(wording, first, last),
    )


def _weeks(wording: Formats, first: date, last: date) -> Buckets:
    """ISO weeks, from Monday."""
    monday = first - timedelta(days=first.weekday())
    mondays = []
    while monday <= last:
        mondays.append(monday)
        monday += 7 * _DAY
    return Buckets(
        ids=tuple(f"{each.isocalendar().year:04d}-W{each.isocalendar().week:02d}" for each in mondays),
        starts=tuple((each - first).days for each in mondays),
        sizes=(7,) * len(mondays),
        names=tuple(wording.period(each, each + 7 * _DAY) for each in mondays),
        short_names=tuple(wording.short_day(each) for each in mondays),
    )


def _months(wording: Formats, first: date, last: date) -> Buckets:
    months = tuple(months_between(first, last))
    return Buckets(
        ids=tuple(map(names.month_folder, months)),
        starts=tuple((month - first).days for month in months),
        sizes=tuple((next_month(month) - month).days for month in months),
        names=tuple(map(wording.month, months)),
        short_names=tuple(
            str(dates.format_skeleton("yMMM", month, locale=wording.locale)) for month in months
        ),
    )


def months_between(first: date, last: date) -> Iterator[date]:
    """The first days of the months from that of one day to that of another."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = next_month(month)


def presets(first: date, through: date | None) -> dict[str, tuple[int, int] | None]:
    """The first and last day of each range that a page offers, by their numbers; none before the first.

    They end with the last complete day, and begin no earlier than the data.
    """
    if through is None or through < first:
        return dict.fromkeys(("7d", "30d", "3m"))
    end = through + _DAY
    starts = {"7d": end - 7 * _DAY, "30d": end - 30 * _DAY, "3m": months_before(end, 3)}
    return {
        name: ((max(start, first) - first).days, (through - first).days) for name, start in starts.items()
    }


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or that month's last where it is shorter."""
    number = day.year * 12 + day.month - 1 - months
    start = date(number // 12, number % 12 + 1, 1)
    return min(start + timedelta(days=day.day - 1), next_month(start) - _DAY)


@lru_cache(4_096)
def hour_calendar(zones: tuple[ZonePeriod, ...], locale: str, month: date) -> HourCalendar:
    """The hours of a month, on the clocks of the zone that holds in it."""
    starts = _day_hours(zones, month)
    zone = ZoneInfo(_period_of(zones, month).zone)
    clocks = [_times(zone, start, end) for start, end in pairwise(starts)]
    usual = Counter(clock for clock in clocks if len(clock) == 24).most_common(1)[0][0]
    return HourCalendar(
        first=starts[0],
        starts=tuple(start - starts[0] for start in starts),
        clock=_clock(locale, usual),
        odd=tuple((day, _clock(locale, clock)) for day, clock in enumerate(clocks) if clock != usual),
        is_shifted=usual[0][1] != 0,
    )


@lru_cache(256)
def hour_stamps(zones: tuple[ZonePeriod, ...], month: date) -> tuple[str, ...]:
    """Each hour of a month as local time with its offset: `1999-02-01T13:00+02:00`."""
    starts = _day_hours(zones, month)
    zone = ZoneInfo(_period_of(zones, month).zone)
    return tuple(_local(zone, hour).isoformat(timespec="minutes") for hour in range(starts[0], starts[-1]))


@lru_cache(1_024)
def _day_hours(zones: tuple[ZonePeriod, ...], month: date) -> tuple[int, ...]:
    """The first hour of each day of a month, and of the day after its last."""
    return tuple(
        first_hour(zones, month + number * _DAY) for number in range((next_month(month) - month).days + 1)
    )


def _local(zone: ZoneInfo, hour: int) -> datetime:
    return (_EPOCH + timedelta(hours=hour)).astimezone(zone)


def _times(zone: ZoneInfo, start: int, end: int) -> tuple[_Shown, ...]:
    """What the clocks show at each hour of a day; with the offset where they show it twice."""
    first, last = _local(zone, start), _local(zone, end - 1)
    if end - start == 24 and first.utcoffset() == last.utcoffset():
        return tuple(((first.hour + passed) % 24, first.minute, "") for passed in range(24))
    hours = [_local(zone, hour) for hour in range(start, end)]
    counts = Counter((each.hour, each.minute) for each in hours)
    return tuple(
        (each.hour, each.minute, each.isoformat()[-6:] if counts[each.hour, each.minute] > 1 else "")
        for each in hours
    )


def _clock(locale: str, times: Sequence[_Shown]) -> tuple[str, ...]:
    clock_time = formats_of(locale).clock_time
    return tuple(
        f"{clock_time(hour, minute)} (UTC{offset})" if offset else clock_time(hour, minute)
        for hour, minute, offset in times
    )


def first_hour(zones: Sequence[ZonePeriod], day: date) -> int:
    """The first hour of UTC that begins on a local day, numbered from the epoch.

    The first day of a zone's period begins with the period, whatever the new zone's clock shows then.
    """
    period = _period_of(zones, day)
    if day == period.first_day:
        return -(-period.from_ms // HOUR_MS)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(period.zone))
    return -(-int(midnight.timestamp()) // 3600)


def _period_of(zones: Sequence[ZonePeriod], day: date) -> ZonePeriod:
    return next((period for period in reversed(zones) if period.first_day <= day), zones[0])
