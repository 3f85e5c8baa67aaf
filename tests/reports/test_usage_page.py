"""The usage page from hand-made figures: calendars, data for the script, CSV, and what stands without one."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from markupsafe import Markup

from reports import render
from reports.models import (
    Account,
    Frame,
    Ledger,
    LedgerLine,
    QuarantineReason,
    RefusedEvent,
    Role,
)
from reports.models.usage_page import (
    AppMonths,
    DayFigures,
    MonthDownloads,
    MonthLedger,
    UsageApp,
    UsagePage,
)
from reports.usage_calendar import (
    ZonePeriod,
    day_calendar,
    hour_calendar,
    hour_stamps,
    months_before,
    presets,
)
from reports.usage_csv import usage_csv
from reports.usage_data import PageData, days_file, hours_file, page_data
from tests.reports.golden_files import as_it_was
from tests.reports.html import Page

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><!--",
    "=cmd()",
    "../../etc",
    "a\u202egnp.exe",
    "line\u2028end\nnext",
    "x" * 300,
    "",
]


def zone(name: str, first_day: date = date.min, from_ms: int = -(10**15)) -> ZonePeriod:
    return ZonePeriod(name, first_day, from_ms)


def ms(*at: int) -> int:
    return int(datetime(*at, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type,misc]


# Calendars


def test_weeks_begin_on_mondays_and_have_the_year_of_their_thursday():
    weeks = day_calendar("en_US", date(2026, 12, 30), date(2027, 1, 5)).weeks
    assert weeks.ids == ("2026-W53", "2027-W01")
    assert weeks.starts == (-2, 5)
    assert weeks.names[0] == "Dec 28, 2026\u2009–\u2009Jan 3, 2027"


def test_months_say_where_they_begin_and_how_long_they_are():
    months = day_calendar("de_DE", date(2024, 1, 30), date(2024, 3, 2)).months
    assert months.ids == ("2024-01", "2024-02", "2024-03")
    assert months.starts == (-29, 2, 31)
    assert months.sizes == (31, 29, 31)
    assert months.names == ("Januar 2024", "Februar 2024", "März 2024")


def test_days_are_named_in_the_accounts_locale():
    calendar = day_calendar("he_IL", date(2026, 3, 1), date(2026, 3, 2))
    assert calendar.names == ("יום א׳, 1 במרץ 2026", "יום ב׳, 2 במרץ 2026")
    assert calendar.short_names == ("1 במרץ", "2 במרץ")


def test_a_day_on_which_clocks_go_forward_has_23_hours():
    march = hour_calendar((zone("Europe/Berlin"),), "de_DE", date(2026, 3, 1))
    assert march.starts[28:31] == (28 * 24, 28 * 24 + 23, 28 * 24 + 47)
    ((number, clock),) = march.odd
    assert (number, clock[:4]) == (28, ("00:00", "01:00", "03:00", "04:00"))


def test_an_hour_that_comes_twice_is_told_from_the_other():
    november = hour_calendar((zone("America/New_York"),), "en_US", date(2026, 11, 1))
    ((number, clock),) = november.odd
    assert (number, len(clock)) == (0, 25)
    assert clock[1:3] == ("1:00\u202fAM (UTC-04:00)", "1:00\u202fAM (UTC-05:00)")
    assert november.clock[13] == "1:00\u202fPM"


def test_hours_of_utc_may_begin_within_an_hour():
    march = hour_calendar((zone("Asia/Kolkata"),), "en_IN", date(2026, 3, 1))
    assert march.is_shifted
    assert march.clock[0] == "12:30\u202fam"
    assert march.first == ms(2026, 2, 28, 19) // 3_600_000
    assert hour_stamps((zone("Asia/Kolkata"),), date(2026, 3, 1))[0] == "2026-03-01T00:30+05:30"


def test_the_hours_of_a_change_of_zone_belong_to_one_day_each():
    """R17: New York until the first of March, 00:00 there, which is 14:00 in Tokyo."""
    zones = (zone("America/New_York"), zone("Asia/Tokyo", date(2026, 3, 1), ms(2026, 3, 1, 5)))
    february, march = (hour_calendar(zones, "en_US", date(2026, month, 1)) for month in (2, 3))
    assert february.first + february.starts[-1] == march.first
    assert march.starts[:3] == (0, 10, 34)
    assert march.odd[0][1][0] == "2:00\u202fPM"


def test_ranges_end_with_the_last_complete_day_and_begin_with_the_data():
    first = date(2026, 1, 1)
    assert presets(first, date(2026, 5, 31)) == {"7d": (144, 150), "30d": (121, 150), "3m": (59, 150)}
    assert presets(first, date(2026, 1, 3)) == {"7d": (0, 2), "30d": (0, 2), "3m": (0, 2)}
    assert presets(first, None) == {"7d": None, "30d": None, "3m": None}


@pytest.mark.parametrize(("day", "earlier"), [((2026, 5, 31), (2026, 2, 28)), ((2026, 3, 1), (2025, 12, 1))])
def test_three_months_before(day: tuple[int, int, int], earlier: tuple[int, int, int]):
    assert months_before(date(*day), 3) == date(*earlier)


# Data


def data_of(*apps: UsageApp, agents: bool = True) -> PageData:
    days = {"billing_sessions": np.array([3, 0, 5]), "voice_sessions": np.array([0, 0, 0])}
    return PageData(
        locale="de-DE-u-nu-latn",
        zone="Europe/Berlin",
        direction="ltr",
        shows_agents=agents,
        calendar=day_calendar("de_DE", date(2026, 3, 1), date(2026, 3, 3)),
        through=1,
        presets=presets(date(2026, 3, 1), date(2026, 3, 2)),
        first_hour=492_000,
        hours_end=492_060,
        month_hours=[492_000, 492_743],
        hours_are_shifted=False,
        hour_files=[],
        apps=apps or (UsageApp("bot", "Helfer"),),
        days=days | ({"agent_seats": np.array([2, 2, 4])} if agents else {}),
    )


def handed_over(file: bytes, name: str) -> tuple[str, dict[str, Any]]:
    """What a file beside the page gives to its script."""
    found = re.fullmatch(rf"quarterhourUsage\.{name}\((.*)\);\n", file.decode(), re.DOTALL)
    assert found
    month, data = json.loads(f"[{found[1]}]")
    return month, data


def test_the_pages_data_are_columns_without_those_that_are_zero():
    data = json.loads(page_data(data_of()))
    assert data["all"] == {"billing_sessions": [3, 0, 5], "agent_seats": [2, 2, 4]}
    assert data["days"]["names"][0] == "So., 1. März 2026"
    assert data["apps"] == [["bot", "Helfer", "bot"]]
    assert (data["through"], data["presets"]["7d"]) == (1, [0, 1])


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_ends_the_data_or_hides_in_it(name: str):
    text = page_data(data_of(UsageApp(name, name)))
    assert not re.search("[<>&\u2028\u2029\u202a-\u202e\u2066-\u2069\n]", text)
    ((app_id, shown, _),) = json.loads(text)["apps"]
    assert app_id == name
    assert shown
    assert "\u202e" not in shown
    beside = days_file("2026-03", HOURS, ([name], {}), {})
    assert beside.count(b"\n") == 1
    assert not re.search("[<>&\u2028\u2029\u202a-\u202e]", beside.decode())
    assert handed_over(beside, "days")[1]["apps"] == [name]


HOURS = hour_calendar((zone("UTC"),), "en_US", date(2026, 3, 1))


def test_a_month_is_handed_over_in_columns():
    days = (
        ["a", "b"],
        {"rows": np.array([2, 1]), "day": np.array([0, 1, 30]), "usage_sessions": np.array([1, 2, 3])},
    )
    hours = (["b"], {"rows": np.array([1]), "hour": np.array([743]), "usage_sessions": np.array([3])})
    month, data = handed_over(days_file("2026-03", HOURS, days, {"hour": np.array([743])}, hours), "days")
    assert month == "2026-03"
    assert (data["apps"], data["rows"], data["day"]) == (["a", "b"], [2, 1], [0, 1, 30])
    assert data["byHour"] == {"apps": ["b"], "rows": [1], "hour": [743], "usage_sessions": [3]}
    assert (data["hours"]["first"], data["hours"]["starts"][-1]) == (HOURS.first, 31 * 24)
    assert handed_over(hours_file("2026-03", hours), "hours")[1] == data["byHour"]


@pytest.mark.parametrize("name", HOSTILE)
def test_csv_runs_nothing_and_has_a_line_for_each_row(name: str):
    columns = {"billing_sessions": np.array([5, -1]), "agent_seats": np.array([2, 0])}
    when = {"usage_date": ["2026-03-01", "2026-03-02"]}
    text = usage_csv(when, np.array([0, 1]), [UsageApp(name, name)], np.array([0, 0]), columns).decode()
    assert text.count("\r\n") == text.count("\n") == 3
    head, first, second = csv.reader(io.StringIO(text, newline=""))
    assert head == ["usage_date", "app_id", "app_name", "billing_sessions", "agent_seats"]
    assert (first[0], *first[3:]) == ("2026-03-01", "5", "2")
    assert (second[0], *second[3:]) == ("2026-03-02", "-1", "0")
    assert all(cell[0] not in "=+-@\t\r" for cell in first[1:3])


# The page

ACCOUNT = Account(
    "acme", "Acme <b>", "Europe/Berlin", "EUR", locale="de_DE", watermark=datetime(2026, 3, 3, tzinfo=UTC)
)
ENTERPRISE = Account(
    "ent", "שלום", "Asia/Jerusalem", "ILS", "enterprise", "he_IL", datetime(2026, 3, 3, tzinfo=UTC)
)
LINES = (LedgerLine("interactions", 1050, 1040, 5, 2, 1, 2), LedgerLine("alerts", 7, 7, 0, 0, 0, 0))


def usage_page(account: Account, **values: Any) -> UsagePage:
    agents = account.shows_agents
    figures = (1234, 1200, 30, 4, 17, 1, *((6,) if agents else ()), 2)
    given = {
        "data": Markup(
            page_data(
                data_of(
                    *(UsageApp(f"app-{number}", name) for number, name in enumerate(HOSTILE)), agents=agents
                )
            )
        ),
        "days": (
            DayFigures(date(2026, 3, 1), figures),
            DayFigures(date(2026, 3, 2), tuple(0 for _ in figures)),
        ),
        "months": (date(2026, 2, 1), date(2026, 3, 1)),
        "app_months": tuple(
            AppMonths(UsageApp(f"app-{number}", name), (None, 1000 + number))
            for number, name in enumerate(HOSTILE)
        ),
        "month_totals": (0, 1000 * len(HOSTILE) + sum(range(len(HOSTILE)))),
        "monthly_file": "csv/usage-monthly.csv",
        "downloads": (
            MonthDownloads(date(2026, 3, 1), "csv/usage-daily-2026-03.csv", "csv/usage-hourly-2026-03.csv"),
            MonthDownloads(date(2026, 2, 1), "csv/usage-daily-2026-02.csv", None),
        ),
        "ledgers": (
            MonthLedger(
                date(2026, 3, 1),
                Ledger(
                    LINES,
                    LedgerLine("all", 3, 0, 0, 0, 0, 3),
                    (QuarantineReason("interactions", "unknown actor <x>", 2),),
                ),
            ),
        ),
        "refused_events": (RefusedEvent(date(2026, 3, 2), "seats_set", "app <a> is closed"),),
        "refused_count": 70,
    }
    return UsagePage(account=account, **(given | values))


def html(account: Account, role: Role = Role.ADMIN, **values: Any) -> str:
    frame = Frame(account, role, "usage.html")
    return render.console_page("console_usage.html.jinja", frame, page=usage_page(account, **values))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("usage_admin", html(ACCOUNT)),
        ("usage_shared", html(ACCOUNT, Role.SHARED)),
        ("usage_enterprise", html(ENTERPRISE)),
        (
            "usage_empty",
            html(ACCOUNT, data=None, downloads=(), ledgers=(), refused_events=(), refused_count=0),
        ),
    ],
)
def test_the_page_is_as_it_was(name: str, text: str):
    as_it_was(name, text)


def test_without_a_script_the_days_and_the_months_stand_there():
    page = Page(html(ACCOUNT))
    assert page.tables["days"][1] == ["02.03.2026", *"00000000"]
    assert page.tables["days"][2] == ["01.03.2026", "1.234", "1.200", "30", "4", "17", "1", "6", "2"]
    months = page.tables["months"]
    assert months[0] == ["App", "März 2026", "Februar 2026"]
    assert [row[1:] for row in months[1:-1]] == [[f"1.00{number}", ""] for number in range(len(HOSTILE))]
    assert months[-1] == ["All apps", "9.036", "0"]


def test_every_row_is_accounted_for():
    page = Page(html(ACCOUNT))
    ledger = page.tables["rows-of-month"]
    assert ledger[1] == ["Interactions", "1.050", "1.040", "5", "2", "1", "2", "Balanced"]
    assert ledger[-2][:2] == ["All streams", "1.057"]
    assert ledger[-1][1:] == ["3", "0", "0", "0", "0", "3", "Balanced"]
    assert "unknown actor <x>" in page.text
    assert "70 account events without effect" in page.text
    assert "app <a> is closed" in page.text


def test_an_enterprise_page_says_nothing_of_agents():
    text = html(ENTERPRISE)
    assert "gent" not in text.replace("agents&#39;", "").split("<main")[1].split("Where these figures")[0]
    assert "Agents" in html(ACCOUNT)


def test_a_page_runs_no_script_but_its_own_files():
    page = Page(html(ACCOUNT))
    scripts = [given for tag, given in page.elements if tag == "script"]
    assert scripts[-1] == {"type": "application/json", "id": "usage-data"}
    assert all(re.fullmatch(r"\.\./\.\./assets/[\w-]+\.js", given["src"] or "") for given in scripts[:-1])
    assert not any(key.startswith("on") or key == "style" for _, given in page.elements for key in given)
    assert {"img", "b"}.isdisjoint(page.tags())


def test_every_control_has_a_name():
    page = Page(html(ACCOUNT))
    for tag, given in page.elements:
        if tag == "input" and given.get("type") not in ("radio", "date", "search"):
            assert given.get("aria-label")
    assert page.text.count("Download CSV") == 2
