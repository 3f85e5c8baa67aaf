"""The calendar of the marts in DuckDB: the very macros of the project, over any zones."""

import zoneinfo
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import jinja2

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
MACROS: Any = jinja2.Environment().from_string((PROJECT / "macros" / "calendar.sql").read_text()).module
FIRST_LOCAL_DATE = "date '0001-01-01'"
"""Where an account's zone never changed."""


def local_date(instant: str, zone: str = "zone") -> str:
    """SQL of the local day of an instant, as the marts have it."""
    return str(MACROS.local_date(instant, zone, FIRST_LOCAL_DATE))


def local_midnight_at(day: str, zone: str = "zone") -> str:
    """SQL of the instant at which a local day begins, as the marts have it."""
    return str(MACROS.local_midnight_at(day, zone))


def month_of(day: str) -> str:
    """SQL of the first day of a day's month."""
    return str(MACROS.month_of(day))


def next_month_of(day: str) -> str:
    """SQL of the first day of the month after a day's."""
    return str(MACROS.next_month_of(day))


def changing_zones(first: int, last: int) -> list[str]:
    """Every IANA zone whose offset from UTC is not the same all the time from year first to last."""
    begin, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    fortnights = [begin + timedelta(days=14) * n for n in range((end - begin) // timedelta(days=14) + 1)]
    found = []
    for name in sorted(zoneinfo.available_timezones() - {"localtime"}):  # a file of the machine, not of IANA
        zone = zoneinfo.ZoneInfo(name)
        if len({at.astimezone(zone).utcoffset() for at in fortnights}) > 1:
            found.append(name)
    return found


def calendar_of(zones: Iterable[str], first_day: str, last_day: str) -> duckdb.DuckDBPyConnection:
    """A database with `local_days`: zone, day, begins_at and ends_at, where the next one begins."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("create table zones as select unnest(?) as zone", [list(zones)])
    connection.execute(
        f"""
        create table local_days as
        with days as (
            select zone, cast(day as date) as day
            from zones, generate_series(date '{first_day}', date '{last_day}', interval 1 day) as days(day)
        ),
        begun as (select zone, day, {local_midnight_at("day")} as begins_at from days)
        select *, lead(begins_at) over (partition by zone order by day) as ends_at
        from begun
        qualify ends_at is not null
        """
    )
    return connection
