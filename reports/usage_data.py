"""What the usage page's script reads: columns of figures, in the page and in files beside it.

A file beside the page is a script that hands its figures over, for a page that was opened from disk may load
scripts and nothing else. Columns that are zero throughout are left out.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import orjson

from reports.models.usage_page import UsageApp
from reports.usage_calendar import Buckets, DayCalendar, HourCalendar

COUNTS = (
    "billing_sessions",
    "usage_sessions",
    "request_sessions",
    "alert_sessions",
    "voice_sessions",
    "proactive_notifications",
    "provisional_sessions",
)
"""What is added up over apps, hours and days."""

AGENTS = "agent_seats"
"""Added up over apps, but the highest of several days (R16)."""

Columns = Mapping[str, np.ndarray]

_DECEPTIVE = re.compile("[<>&\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class PageData:
    """An account's days, and what its page's script must know to show them."""

    locale: str
    zone: str
    direction: str
    shows_agents: bool
    calendar: DayCalendar
    through: int  # the number of the last complete day; -1: none is
    presets: Mapping[str, tuple[int, int] | None]
    first_hour: int  # of the first day
    hours_end: int  # the end of the last full hour
    month_hours: Sequence[int]  # the first hour of each month, and the end of the last
    hours_are_shifted: bool  # this zone's clocks show no full hour where one of UTC begins
    hour_files: Sequence[str]  # the months whose hours by app have a file of their own
    apps: Sequence[UsageApp]
    days: Columns


def page_data(data: PageData) -> str:
    """The page's own figures, to stand in it as JSON that cannot end the element around it."""
    text = orjson.dumps(
        {
            "locale": data.locale,
            "zone": data.zone,
            "direction": data.direction,
            "agents": data.shows_agents,
            "through": data.through,
            "presets": data.presets,
            "firstHour": data.first_hour,
            "hoursEnd": data.hours_end,
            "monthHours": data.month_hours,
            "hoursAreShifted": data.hours_are_shifted,
            "hourFiles": data.hour_files,
            "days": orjson.Fragment(_day_names(data.calendar)),
            "apps": [[app.app_id, app.shown_name, app.shown_id] for app in data.apps],
            "all": _filled(data.days),
        },
        option=orjson.OPT_SERIALIZE_NUMPY,
    )
    return escaped(text.decode())


ByApp = tuple[Sequence[str], Columns]
"""Ids of apps, and columns of their rows: how many of them in `rows`, and which day or hour each is of."""


def days_file(
    month: str, clock: HourCalendar, days: ByApp, all_hours: Columns, hours: ByApp | None = None
) -> bytes:
    """A month of days by app, of hours of all apps together, and where they are few of hours by app."""
    data = {"hours": orjson.Fragment(_hour_names(clock)), **_by_app(days), "all": _filled(all_hours)}
    if hours is not None:
        data["byHour"] = _by_app(hours)
    return _script("days", month, data)


def hours_file(month: str, hours: ByApp) -> bytes:
    """A month of hours by app, those with usage."""
    return _script("hours", month, _by_app(hours))


def _by_app(found: ByApp) -> dict[str, Any]:
    apps, columns = found
    return {"apps": _ids(tuple(apps)), **_filled(columns)}


def escaped(text: str) -> str:
    """JSON in which nothing ends a script, and nothing hides or reorders what follows."""
    return _DECEPTIVE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _script(name: str, month: str, data: dict[str, Any]) -> bytes:
    body = orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY)
    return b'quarterhourUsage.%s("%s",%s);\n' % (name.encode(), month.encode(), body)


@lru_cache(64)
def _ids(apps: tuple[str, ...]) -> orjson.Fragment:
    """Ids of apps: an account has the same ones in most of its months."""
    return orjson.Fragment(escaped(json.dumps(apps)).encode())


def _filled(columns: Columns) -> dict[str, np.ndarray]:
    return {name: column for name, column in columns.items() if column.any()}


@lru_cache(256)
def _day_names(calendar: DayCalendar) -> bytes:
    return orjson.dumps(
        {
            "names": calendar.names,
            "shortNames": calendar.short_names,
            "weeks": _buckets(calendar.weeks),
            "months": _buckets(calendar.months),
        }
    )


def _buckets(buckets: Buckets) -> dict[str, Any]:
    return {
        "ids": buckets.ids,
        "starts": buckets.starts,
        "sizes": buckets.sizes,
        "names": buckets.names,
        "shortNames": buckets.short_names,
    }


@lru_cache(4_096)
def _hour_names(hours: HourCalendar) -> bytes:
    return orjson.dumps(
        {
            "first": hours.first,
            "starts": hours.starts,
            "clock": hours.clock,
            "odd": {str(number): clock for number, clock in hours.odd},
        }
    )
