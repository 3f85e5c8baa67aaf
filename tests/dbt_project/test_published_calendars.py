"""The calendar cases that billing systems publish, through the marts' own macros (R17)."""

import json
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from tests.dbt_project.calendars import local_date, local_midnight_at, next_month_of
from tests.frames import SHARED

FILE = SHARED / "cases" / "pricing.json"
pytestmark = pytest.mark.skipif(
    not FILE.is_file(), reason="the published cases (../shared/cases beside the repository) are not here"
)
CASES: dict[str, dict[str, Any]] = (
    {
        case["id"]: case
        for case in json.loads(FILE.read_text())["cases"]
        if case["category"] == "calendar_bucketing"
    }
    if FILE.is_file()
    else {}
)
LEFT_OUT = {
    "fp-floorhour-npt": "the marts' hours are those of UTC; R17 gives days, weeks and months to the zone",
    "fp-month31-clamp": "months are calendar months (R17), whatever day something began on",
}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def asked(sql: str, zone: str, **values: Any) -> Any:
    """One value of SQL over the named values, in a zone."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        columns = ", ".join(f"${name} as {name}" for name in ("zone", *values))
        row = connection.execute(f"select {sql} from (select {columns})", {"zone": zone, **values}).fetchone()
    assert row is not None
    return row[0]


def days_between(zone: str, units: list[str]) -> str:
    begin, end = map(instant, units)
    sql = f"{local_date('end_at')} - {local_date('begin_at')}"
    return str(asked(sql, zone, begin_at=begin, end_at=end))


def start_of_day(zone: str, units: str) -> datetime:
    return asked(local_midnight_at(local_date("moment")), zone, moment=instant(units))


def days_later(zone: str, units: list[Any]) -> datetime:
    later = f"cast({local_date('moment')} + cast(days as int) as date)"
    return asked(local_midnight_at(later), zone, moment=instant(units[0]), days=units[1])


def start_of_next_month(zone: str, units: str) -> datetime:
    return asked(local_midnight_at(next_month_of(local_date("moment"))), zone, moment=instant(units))


def starts_of_months(zone: str, units: str) -> list[datetime]:
    first = start_of_next_month(zone, units)
    return [first, start_of_next_month(zone, first.isoformat())]


MODELS = {
    "local_calendar_days_between": days_between,
    "floor_to_local_day": start_of_day,
    "add_local_calendar_days": days_later,
    "next_local_month_start": start_of_next_month,
    "consecutive_local_month_ends": starts_of_months,
}


def test_each_case_is_run_or_left_out_for_a_reason() -> None:
    run = {name for name, case in CASES.items() if case["model"] in MODELS}
    assert run | LEFT_OUT.keys() == CASES.keys()
    assert not run & LEFT_OUT.keys()


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case["model"] in MODELS])
def test_a_published_calendar_case(name: str) -> None:
    case = CASES[name]
    found = MODELS[case["model"]](case["params"]["timezone"], case["units"])
    expected = case["expected"]
    if isinstance(expected, dict):
        assert found == expected["amount"]
    elif isinstance(expected, list):
        assert found == [instant(text) for text in expected]
    else:
        assert found == instant(expected)


def test_an_instant_at_midnight_in_a_zone_is_the_first_of_its_day() -> None:
    """Chile's clocks go forward at midnight: the day begins at one o'clock."""
    begins = asked(local_midnight_at("day"), "America/Santiago", day=date(2026, 9, 6))
    assert begins == instant("2026-09-06T04:00:00Z")
