"""The usage page in a browser: every control is used, and what it shows is what the marts say."""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from orchestration.console.assets import assets
from orchestration.console.reading import accounts_of
from orchestration.console.tree import Tree
from orchestration.console.usage import Usage
from reports.models import Role
from reports.names import account_folder
from tests.browser import axe
from tests.browser.conftest import Watched
from tests.orchestration.usage_marts import WAREHOUSE, Shape, build

FIRST, LAST = date(2025, 8, 20), date(2026, 1, 7)
BERLIN, NEW_YORK, INDIA, HEBREW, ENTERPRISE = (f"account-{number:04d}" for number in range(5))
WIDE_FIRST, WIDE_LAST = date(2026, 3, 1), date(2026, 4, 4)
HOSTILE = "<script>alert(1)</script>"
PHONE = {"width": 390, "height": 844}
OVER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass(frozen=True)
class Made:
    """A site of usage pages, and the marts that it was made of."""

    home: Path

    def address(self, account_id: str, choice: str = "") -> str:
        name = f"Account {int(account_id[-4:])}"
        folder = self.home / "reports" / account_folder(account_id, name)
        return (folder / "admin" / "usage.html").as_uri() + choice

    def rows(self, query: str) -> list[tuple]:
        with duckdb.connect(str(self.home / WAREHOUSE), read_only=True) as warehouse:
            warehouse.execute("set TimeZone = 'UTC'")
            return warehouse.execute(query).fetchall()

    def row(self, query: str) -> tuple:
        return self.rows(query)[0]


def made(home: Path, shape: Shape) -> Made:
    build(home, shape)
    with duckdb.connect(str(home / WAREHOUSE)) as warehouse:
        warehouse.execute("update apps set app_name = ? where app_id = 'app-0002'", [HOSTILE])
    tree = Tree(home / "reports")
    for asset in assets():
        tree.put(asset)
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        section = Usage(home, warehouse)
        for account in accounts_of(warehouse):
            for file in section.files(account, Role.ADMIN):
                tree.put(file, f"{account.folder}/{Role.ADMIN}")
    return Made(home)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Five accounts of four apps."""
    return made(tmp_path_factory.mktemp("usage"), Shape(5, 4, FIRST, LAST))


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """One account of a thousand apps."""
    return made(tmp_path_factory.mktemp("wide"), Shape(1, 1_000, WIDE_FIRST, WIDE_LAST))


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    settled(page)
    return page


def settled(page: Page) -> None:
    """The figures are those of the choice."""
    expect(page.locator("#usage:not([aria-busy])")).to_be_visible()
    expect(page.locator("#usage-by-app tfoot tr")).to_be_visible()


def choose(page: Page, label: str, group: str) -> None:
    """A choice of a group of buttons, as a person clicks it."""
    page.get_by_role("group", name=group, exact=True).get_by_role("radio", name=label, exact=True).click()
    settled(page)


def figure(page: Page, key: str) -> int:
    return int(page.locator(f'[data-figure="{key}"] .value').get_attribute("value") or "")


def number(cell: Locator) -> float:
    return float(cell.locator("data").get_attribute("value") or "")


def table(page: Page, which: str = "usage-series") -> list[list[float]]:
    """The numbers of the rows of a table."""
    return page.locator(f"#{which} tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('td data')].map(data => Number(data.value)))"
    )


def ids(page: Page) -> list[str]:
    return page.locator("#usage-series tbody tr").evaluate_all("rows => rows.map(row => row.dataset.id)")


def summed(first: date, last: date, account_id: str = BERLIN, apps: str = "true") -> str:
    return f"""
        select sum(billing_sessions), sum(voice_sessions), sum(proactive_notifications),
            sum(provisional_sessions), max(agents)
        from (
            select usage_date, sum(billing_sessions) as billing_sessions,
                sum(voice_sessions) as voice_sessions, sum(provisional_sessions) as provisional_sessions,
                sum(proactive_notifications) as proactive_notifications, sum(agent_seats) as agents
            from usage_daily
            where account_id = '{account_id}' and usage_date between '{first}' and '{last}' and {apps}
            group by usage_date
        )
    """


def shown(page: Page) -> tuple[int, ...]:
    keys = (
        "billing_sessions",
        "voice_sessions",
        "proactive_notifications",
        "provisional_sessions",
        "agent_seats",
    )
    return tuple(figure(page, key) for key in keys)


# Ranges


def test_it_opens_with_the_last_30_complete_days_of_all_apps(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN))
    assert shown(page) == site.row(summed(LAST - timedelta(days=29), LAST))
    expect(page.locator("#usage-range-name")).to_have_text("Di., 9. Dez. 2025 – Mi., 7. Jan. 2026")
    expect(page.locator("#usage-range-size")).to_have_text("30 days")
    expect(page.get_by_text("Data through 07.01.2026")).to_be_visible()
    assert page.locator("#usage-plot svg").count() == 1


@pytest.mark.parametrize(
    ("label", "first"),
    [("7 days", date(2026, 1, 1)), ("30 days", date(2025, 12, 9)), ("3 months", date(2025, 10, 8))],
)
def test_ranges_end_with_the_last_complete_day(site: Made, page: Page, label: str, first: date) -> None:
    opened(page, site.address(BERLIN))
    choose(page, label, "Range")
    assert shown(page) == site.row(summed(first, LAST))


def test_the_range_before_is_compared_with(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN, "#range=7d"))
    now = site.row(summed(date(2026, 1, 1), LAST))
    before = site.row(summed(date(2025, 12, 25), date(2025, 12, 31)))
    change, percent = page.locator('[data-figure="billing_sessions"] .change data').all()
    assert int(change.get_attribute("value") or "") == now[0] - before[0]
    assert float(percent.get_attribute("value") or "") == pytest.approx((now[0] - before[0]) / before[0])
    expect(page.locator("#usage-compared")).to_contain_text("Do., 25. Dez. 2025 – Mi., 31. Dez. 2025")
    average = page.locator('[data-figure="billing_sessions"] .average data').get_attribute("value")
    assert float(average or "") == pytest.approx(now[0] / 7)


def test_nothing_is_compared_with_where_the_data_begin_later(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN, "#range=3m"))
    expect(page.locator("#usage-compared")).to_contain_text(
        "Nothing to compare with: data begins Di., 19. Aug. 2025"
    )
    expect(page.locator('[data-figure="voice_sessions"] .change')).to_have_text("no data before")


def test_24_hours_end_with_the_last_full_hour(site: Made, page: Page) -> None:
    """The watermark is 00:00 UTC, which is 19:00 in New York."""
    opened(page, site.address(NEW_YORK))
    choose(page, "24 hours", "Range")
    choose(page, "Table", "Show as")
    query = f"""
        select sum(billing_sessions), sum(voice_sessions) from usage_hourly
        where account_id = '{NEW_YORK}' and usage_hour_at >= '2026-01-07 00:00:00+00'
    """
    assert shown(page)[:2] == site.row(query)
    assert ids(page) == [f"2026-01-07T{hour:02}:00Z" for hour in range(24)]
    first, last = page.locator("#usage-series tbody th").first, page.locator("#usage-series tbody th").last
    expect(first).to_have_text("Tue, Jan 6, 2026, 7:00\u202fPM – 8:00\u202fPM")
    expect(last).to_have_text("Wed, Jan 7, 2026, 6:00\u202fPM – 7:00\u202fPM")
    hours = site.rows(f"""
        select hour(usage_hour_at), sum(billing_sessions) from usage_hourly
        where account_id = '{NEW_YORK}' and usage_hour_at >= '2026-01-07 00:00:00+00' group by all
    """)
    assert {place: row[0] for place, row in enumerate(table(page)) if row[0]} == dict(hours)
    by_app = site.rows(f"""
        select sum(billing_sessions) as sessions from usage_hourly
        where account_id = '{NEW_YORK}' and usage_hour_at >= '2026-01-07 00:00:00+00'
        group by app_id order by sessions desc
    """)
    assert [row[0] for row in table(page, "usage-by-app")] == [count for (count,) in by_app]


def test_a_custom_range_is_bounded_by_the_data(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN))
    choose(page, "Custom", "Range")
    start, end = page.get_by_label("From", exact=True), page.get_by_label("To", exact=True)
    for box in (start, end):
        assert (box.get_attribute("min"), box.get_attribute("max")) == ("2025-08-19", "2026-01-08")
    assert (start.input_value(), end.input_value()) == ("2025-12-09", "2026-01-07")
    start.fill("2025-10-20")
    end.fill("2025-11-09")
    settled(page)
    assert shown(page) == site.row(summed(date(2025, 10, 20), date(2025, 11, 9)))
    assert "range=custom&from=2025-10-20&to=2025-11-09" in page.url


def test_days_in_the_wrong_order_are_refused_with_a_reason(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN, "#range=custom&from=2025-10-20&to=2025-11-09"))
    before = shown(page)
    page.get_by_label("To", exact=True).fill("2025-10-01")
    expect(page.get_by_role("alert").filter(visible=True)).to_have_text("The first day lies after the last.")
    assert shown(page) == before
    page.get_by_label("To", exact=True).fill("2025-10-20")
    expect(page.locator("#usage-dates-problem")).to_be_hidden()
    assert shown(page) == site.row(summed(date(2025, 10, 20), date(2025, 10, 20)))


def test_a_day_that_is_not_over_is_in_no_preset_and_partial_where_it_is_chosen(
    site: Made, page: Page
) -> None:
    opened(page, site.address(NEW_YORK, "#view=table&range=7d"))
    assert ids(page)[-1] == "2026-01-06"
    opened(page, site.address(NEW_YORK, "#view=table&range=custom&from=2026-01-05&to=2026-01-07"))
    expect(page.locator("#usage-series tbody .tag")).to_have_count(1)
    expect(page.locator("#usage-series tbody tr").last).to_contain_text("partial")


# Buckets


@pytest.mark.parametrize(
    ("label", "mart", "key"),
    [
        ("Week", "usage_account_weekly", "strftime(usage_week_date, '%G-W%V')"),
        ("Month", "usage_account_monthly", "strftime(usage_month_date, '%Y-%m')"),
        ("Day", "usage_account_daily", "strftime(usage_date, '%Y-%m-%d')"),
    ],
)
def test_buckets_are_the_marts(site: Made, page: Page, label: str, mart: str, key: str) -> None:
    whole = f"#range=custom&from={FIRST - timedelta(days=1)}&to={LAST}&view=table"
    opened(page, site.address(BERLIN, whole))
    choose(page, label, "By")
    columns = (
        "billing_sessions, usage_sessions, request_sessions, alert_sessions, voice_sessions, "
        "proactive_notifications, agent_seats, provisional_sessions"
    )
    found = site.rows(f"select {key}, {columns} from {mart} where account_id = '{BERLIN}' order by 1")
    assert ids(page) == [row[0] for row in found]
    assert table(page) == [list(row[1:]) for row in found]
    total = [number(cell) for cell in page.locator("#usage-series tfoot .total td").all()]
    assert total[0] == sum(row[1] for row in found)
    assert total[6] == max(row[7] for row in found)


def test_a_bucket_that_the_range_cuts_is_partial(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN, "#range=custom&from=2025-10-02&to=2025-11-30&by=month&view=table"))
    rows = page.locator("#usage-series tbody tr")
    expect(rows.first).to_contain_text("Oktober 2025partialDo., 2. Okt. 2025 – Fr., 31. Okt. 2025")
    expect(rows.last).to_have_text(re.compile("^November 2025[^a-z]"))
    choose(page, "Week", "By")
    expect(page.locator("#usage-series .tag")).to_have_count(1)
    assert table(page)[0][0] == site.row(summed(date(2025, 10, 2), date(2025, 10, 5)))[0]


def test_hours_are_for_short_ranges(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN, "#range=3m"))
    expect(page.get_by_role("radio", name="Hour", exact=True)).to_be_disabled()
    choose(page, "7 days", "Range")
    choose(page, "Hour", "By")
    choose(page, "Table", "Show as")
    assert len(ids(page)) == 7 * 24
    assert sum(row[0] for row in table(page)) == site.row(summed(date(2026, 1, 1), LAST))[0]
    agents = site.rows(f"""
        select agent_seats from usage_account_daily
        where account_id = '{BERLIN}' and usage_date between '2026-01-01' and '{LAST}' order by usage_date
    """)
    assert [row[6] for row in table(page)] == [seats for (seats,) in agents for _ in range(24)]
    choose(page, "24 hours", "Range")
    expect(page.get_by_role("radio", name="Day", exact=True)).to_be_disabled()


def test_a_day_on_which_clocks_go_back_has_25_hours(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN, "#range=custom&from=2025-10-26&to=2025-10-26&by=hour&view=table"))
    names = page.locator("#usage-series tbody th").all_inner_texts()
    assert len(names) == 25
    assert names[2] == "So., 26. Okt. 2025, 02:00 (UTC+02:00) – 02:00 (UTC+01:00)"
    assert ids(page)[0] == "2025-10-25T22:00Z"


def test_hours_that_begin_within_an_hour_are_explained(site: Made, page: Page) -> None:
    opened(page, site.address(INDIA, "#range=7d&by=hour&view=table"))
    expect(page.locator("#usage-shift")).to_be_visible()
    expect(page.locator("#usage-series tbody th").first).to_contain_text("12:30\u202fam – 1:30\u202fam")
    opened(page, site.address(BERLIN, "#range=7d&by=hour"))
    expect(page.locator("#usage-shift")).to_be_hidden()


# Apps


def test_apps_are_chosen_by_keyboard(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN, "#range=7d"))
    page.get_by_role("button", name="Apps All apps (4)").press("Enter")
    box = page.get_by_role("combobox", name="Find apps")
    expect(box).to_be_focused()
    box.press("ArrowDown")
    box.press("Enter")
    box.press("ArrowDown")
    box.press("ArrowDown")
    box.press("Enter")
    settled(page)
    chosen = page.get_by_role("option", selected=True)
    assert chosen.evaluate_all("all => all.map(each => each.dataset.app)") == ["app-0002", "app-0001"]
    assert shown(page) == site.row(summed(date(2026, 1, 1), LAST, apps="app_id in ('app-0001', 'app-0002')"))
    box.press("Escape")
    expect(page.locator("#usage-apps")).to_be_focused()
    expect(page.locator("#usage-apps")).to_have_text("2 of 4 apps")
    assert "apps=app-0002,app-0001" in page.url


def test_apps_are_found_ticked_and_taken_away_again(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN, "#range=7d"))
    page.locator("#usage-apps").click()
    page.get_by_role("combobox").fill("helper 3")
    expect(page.locator("#usage-apps-status")).to_have_text("1 app")
    page.get_by_role("option").click()
    settled(page)
    assert shown(page) == site.row(summed(date(2026, 1, 1), LAST, apps="app_id = 'app-0003'"))
    page.get_by_role("combobox").fill("nobody")
    expect(page.get_by_role("option")).to_have_count(0)
    page.locator("h1").click()
    expect(page.locator("#usage-apps-panel")).to_be_hidden()
    page.get_by_role("button", name="Remove Helper 3").click()
    settled(page)
    assert shown(page) == site.row(summed(date(2026, 1, 1), LAST))
    expect(page.locator("#usage-chips")).to_be_hidden()


def test_the_agents_of_several_apps_are_the_highest_sum_of_a_day(site: Made, page: Page) -> None:
    """R16: not the sum of each app's highest."""
    apps = "app_id in ('app-0000', 'app-0003')"
    opened(page, site.address(BERLIN, f"#range=custom&from={FIRST}&to={LAST}&apps=app-0000,app-0003"))
    assert figure(page, "agent_seats") == site.row(summed(FIRST, LAST, apps=apps))[4]


def test_a_thousand_apps_are_searched_listed_and_paged(wide: Made, page: Page) -> None:
    opened(page, wide.address(BERLIN))
    expect(page.locator("#usage-by-app-pages output")).to_have_text("1 – 25 of 1.000 apps")
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#usage-by-app-pages output")).to_have_text("26 – 50 of 1.000 apps")
    page.get_by_role("searchbox").fill("helper 77")
    expect(page.locator("#usage-by-app-pages output")).to_have_text("1 – 19 of 19 apps")
    page.locator("#usage-apps").click()
    page.get_by_role("combobox").fill("Helper 99")
    page.get_by_role("button", name="Select these").click()
    settled(page)
    expect(page.locator("#usage-apps")).to_have_text("19 of 1.000 apps")
    like = "app_id like 'app-0_99' or app_id like 'app-099_'"
    first = WIDE_LAST - timedelta(days=29)
    assert shown(page)[0] == wide.row(summed(first, WIDE_LAST, apps=f"({like})"))[0]
    page.get_by_role("button", name="Clear").click()
    settled(page)
    assert shown(page) == wide.row(summed(first, WIDE_LAST))


def test_many_chosen_apps_make_a_short_link(wide: Made, page: Page) -> None:
    opened(page, wide.address(BERLIN, "#except=app-0007,app-0009"))
    expect(page.locator("#usage-apps")).to_have_text("998 of 1.000 apps")
    page.locator("#usage-apps").click()
    page.get_by_role("combobox").fill("Helper 1")
    page.get_by_role("option").first.click()
    settled(page)
    assert page.url.endswith("#except=app-0001,app-0007,app-0009")


def test_by_app_is_sorted_by_any_column(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN))
    by_sessions = [row[0] for row in table(page, "usage-by-app")]
    assert by_sessions == sorted(by_sessions, reverse=True)
    page.get_by_role("button", name="Voice sessions").click()
    heading = page.get_by_role("columnheader", name="Voice sessions")
    expect(heading.last).to_have_attribute("aria-sort", "descending")
    voice = [row[4] for row in table(page, "usage-by-app")]
    assert voice == sorted(voice, reverse=True)
    page.get_by_role("button", name="App", exact=True).last.click()
    names = page.locator("#usage-by-app tbody .plain").all_inner_texts()
    assert names == [HOSTILE, "Helper 0", "Helper 1", "Helper 3"]
    total = [number(cell) for cell in page.locator("#usage-by-app tfoot td:has(data)").all()]
    assert total[0] == sum(by_sessions) == figure(page, "billing_sessions")


def test_an_apps_name_shows_it_alone(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN))
    page.get_by_role("button", name=HOSTILE).click()
    settled(page)
    assert page.url.endswith("#apps=app-0002")
    first = LAST - timedelta(days=29)
    assert shown(page) == site.row(summed(first, LAST, apps="app_id = 'app-0002'"))


def test_the_chart_and_the_table_are_split_by_app(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN, "#range=7d"))
    choose(page, "App", "Split by")
    assert {"Helper 0", "Helper 1", HOSTILE, "Helper 3"} <= set(
        page.locator("#usage-legend li").all_inner_texts()
    )
    choose(page, "Table", "Show as")
    for row in table(page):
        assert row[0] == sum(row[1:5])


def test_the_busiest_apps_are_told_apart_and_the_others_stand_together(wide: Made, page: Page) -> None:
    opened(page, wide.address(BERLIN, "#range=7d&split=app"))
    legend = page.locator("#usage-legend li").all_inner_texts()
    assert len(legend) == 8 + (figure(page, "provisional_sessions") > 0)
    assert legend[7] == "Other apps (993)"


# Graph, table, tooltip


def tip(page: Page) -> dict[str, Any]:
    lines = page.locator("#usage-tip dl > div").evaluate_all(
        """all => all.map(each =>
            [each.querySelector('dt').textContent, Number(each.querySelector('data').value)])"""
    )
    return {"Date": page.locator("#usage-tip .date").inner_text(), **dict(lines)}


def expected_tip(site: Made, day: date, name: str) -> dict[str, Any]:
    sessions, voice, *_, agents = site.row(summed(day, day))
    return {"Date": name, "Sessions": sessions, "Voice sessions": voice, "Agents": agents}


def test_graph_or_table(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN))
    expect(page.locator("#usage-chart")).to_be_visible()
    expect(page.locator("#usage-series")).to_be_hidden()
    choose(page, "Table", "Show as")
    expect(page.locator("#usage-chart")).to_be_hidden()
    expect(page.locator("#usage-series tbody tr")).to_have_count(30)
    choose(page, "Graph", "Show as")
    expect(page.locator("#usage-plot svg")).to_be_visible()


def test_pointing_at_a_bucket_shows_its_figures(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN, "#range=7d"))
    box = page.locator("#usage-plot").bounding_box()
    assert box
    page.mouse.move(box["x"] + 56 + (box["width"] - 56) * 2.5 / 7, box["y"] + 100)
    expect(page.locator("#usage-tip")).to_be_visible()
    expected = expected_tip(site, date(2026, 1, 3), "Sa., 3. Jan. 2026")
    assert list(tip(page).items())[:4] == list(expected.items())
    page.mouse.move(5, 5)
    expect(page.locator("#usage-tip")).to_be_hidden()


def test_a_touch_shows_them_too(site: Made, watched: Watched) -> None:
    with watched(viewport=PHONE, has_touch=True) as page:
        opened(page, site.address(BERLIN, "#range=7d"))
        page.locator("#usage-plot").scroll_into_view_if_needed()
        box = page.locator("#usage-plot").bounding_box()
        assert box
        page.touchscreen.tap(box["x"] + 56 + (box["width"] - 56) * 0.5 / 7, box["y"] + 60)
        expect(page.locator("#usage-tip .date")).to_have_text("Do., 1. Jan. 2026")


def test_the_keyboard_moves_from_bucket_to_bucket(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN, "#range=7d"))
    page.get_by_role("button", name="Download CSV").first.focus()
    page.keyboard.press("Tab")
    chart = page.locator("#usage-chart")
    expect(chart).to_be_focused()
    assert tip(page)["Date"] == "Mi., 7. Jan. 2026"
    chart.press("Home")
    chart.press("ArrowRight")
    expected = expected_tip(site, date(2026, 1, 2), "Fr., 2. Jan. 2026")
    assert list(tip(page).items())[:4] == list(expected.items())
    spoken = page.locator("#usage-spoken")
    expect(spoken).to_have_attribute("aria-live", "polite")
    expect(spoken).to_contain_text(f"Fr., 2. Jan. 2026; {expected['Sessions']} sessions; ")
    chart.press("End")
    assert tip(page)["Date"] == "Mi., 7. Jan. 2026"
    chart.press("Escape")
    expect(page.locator("#usage-tip")).to_be_hidden()


def test_provisional_sessions_are_hatched(site: Made, page: Page) -> None:
    day, count = site.row(f"""
        select usage_date, sum(provisional_sessions) from usage_daily
        where account_id = '{BERLIN}' and provisional_sessions > 0 group by all order by 1 desc limit 1
    """)
    opened(page, site.address(BERLIN, f"#range=custom&from={day}&to={day}"))
    assert figure(page, "provisional_sessions") == count
    assert page.locator('#usage-plot svg [fill="url(#usage-hatch)"]').count() == 1
    expect(page.locator("#usage-legend")).to_contain_text("Provisional")


def test_colours_follow_the_scheme(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN))
    page.emulate_media(color_scheme="light")
    expect(page.locator('#usage-plot svg [fill="#2b6bd1"]').first).to_be_attached()
    page.emulate_media(color_scheme="dark")
    expect(page.locator('#usage-plot svg [fill="#5a97f2"]').first).to_be_attached()


def test_a_page_from_right_to_left_is_mirrored(site: Made, page: Page) -> None:
    opened(page, site.address(HEBREW, "#range=7d"))
    chart = page.locator("#usage-chart")
    chart.focus()
    chart.press("Home")
    assert tip(page)["Date"] == "יום ה׳, 1 בינו׳ 2026"
    first = page.locator("#usage-band").bounding_box()
    chart.press("ArrowLeft")
    assert tip(page)["Date"] == "יום ו׳, 2 בינו׳ 2026"
    second = page.locator("#usage-band").bounding_box()
    assert first
    assert second
    assert first["x"] > second["x"]


# Files and links


def downloaded(page: Page, which: str) -> tuple[str, str]:
    with page.expect_download() as waiting:
        page.locator(which).click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes().decode()


def test_the_download_is_what_is_shown(site: Made, page: Page) -> None:
    opened(
        page,
        site.address(BERLIN, "#range=custom&from=2025-10-02&to=2025-11-30&by=week&view=table&apps=app-0001"),
    )
    name, text = downloaded(page, "#usage-csv")
    assert name == "usage-by-week-2025-10-02-to-2025-11-30.csv"
    assert text.count("\r\n") == text.count("\n")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["date"] for row in rows] == ids(page)
    keys = [
        "billing_sessions", "usage_sessions", "request_sessions", "alert_sessions", "voice_sessions",
        "proactive_notifications", "agent_seats", "provisional_sessions",
    ]  # fmt: skip
    assert [[int(row[key]) for key in keys] for row in rows] == table(page)
    assert [row["is_partial"] for row in rows] == ["true"] + ["false"] * (len(rows) - 1)
    mart = site.rows("""
        select strftime(usage_week_date, '%G-W%V'), billing_sessions from usage_weekly
        where account_id = 'account-0000' and app_id = 'app-0001'
    """)
    assert {row["date"]: int(row["billing_sessions"]) for row in rows[1:]}.items() <= dict(mart).items()


def test_the_download_by_app_is_what_is_shown(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN, "#range=7d"))
    name, text = downloaded(page, "#usage-by-app-csv")
    assert name == "usage-by-app-2026-01-01-to-2026-01-07.csv"
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [int(row["billing_sessions"]) for row in rows] == [row[0] for row in table(page, "usage-by-app")]
    assert HOSTILE in {row["app_name"] for row in rows}


def test_a_download_split_by_app_guards_their_names(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN, "#range=7d&split=app&view=table"))
    _, text = downloaded(page, "#usage-csv")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header[:4] == ["date", "name", "is_partial", "billing_sessions"]
    assert set(header[4:8]) == {"Helper 0", "Helper 1", HOSTILE, "Helper 3"}
    assert [[int(cell) for cell in row[3:]] for row in rows] == table(page)
    made_up = page.evaluate("() => quarterhourUsage.csv(['a'], [['=1+1'], ['a,\"b'], [-1]])")
    assert made_up == 'a\r\n\'=1+1\r\n"a,""b"\r\n-1\r\n'


def test_a_link_shows_the_same_view(site: Made, page: Page, watched: Watched) -> None:
    opened(page, site.address(BERLIN))
    choose(page, "Custom", "Range")
    page.get_by_label("From", exact=True).fill("2025-09-03")
    page.get_by_label("To", exact=True).fill("2025-12-10")
    choose(page, "Week", "By")
    choose(page, "App", "Split by")
    choose(page, "Table", "Show as")
    page.locator("#usage-apps").click()
    page.get_by_role("option", name="Helper 1").click()
    page.get_by_role("option", name=HOSTILE).click()
    settled(page)
    with watched() as other:
        opened(other, page.url)
        assert (shown(other), ids(other), table(other)) == (shown(page), ids(page), table(page))
        for label in ("Custom", "Week", "App", "Table"):
            expect(other.get_by_role("radio", name=label, exact=True)).to_be_checked()
        assert other.get_by_label("From", exact=True).input_value() == "2025-09-03"
        expect(other.locator("#usage-apps")).to_have_text("2 of 4 apps")


def test_another_link_in_the_same_page_is_followed(site: Made, page: Page) -> None:
    opened(page, site.address(BERLIN))
    page.goto(site.address(BERLIN, "#range=7d&apps=app-0000&view=table"))
    expect(page.locator("#usage-series tbody tr")).to_have_count(7)
    settled(page)
    assert shown(page) == site.row(summed(date(2026, 1, 1), LAST, apps="app_id = 'app-0000'"))


@pytest.mark.parametrize(
    "choice",
    [
        "#range=never&by=minute&view=song&split=%&apps=%E0%A4%A",
        "#range=custom&from=2026-13-45&to=1999-01-01",
        "#range=custom&from=2026-01-07&to=2026-01-01",
        "#apps=nobody",
        "#&&==&range",
    ],
)
def test_a_link_that_means_nothing_shows_the_usual(site: Made, page: Page, choice: str) -> None:
    opened(page, site.address(BERLIN, choice))
    assert shown(page) == site.row(summed(LAST - timedelta(days=29), LAST))


def test_figures_that_cannot_be_read_are_missed_aloud(site: Made, browser: Browser) -> None:
    page = browser.new_page()
    page.route("**/data/*.js", lambda route: route.abort())
    page.goto(site.address(BERLIN, "#apps=app-0000"))
    expect(page.locator("#usage-problem")).to_contain_text("could not be read")
    page.close()


# For everybody


def test_an_enterprise_account_sees_no_agents(site: Made, page: Page) -> None:
    opened(page, site.address(ENTERPRISE, "#view=table"))
    assert "gents" not in page.locator("#usage").inner_text()
    assert page.locator('[data-figure="agent_seats"]').count() == 0
    assert "agent" not in downloaded(page, "#usage-csv")[1]
    choose(page, "Graph", "Show as")
    page.locator("#usage-chart").focus()
    page.keyboard.press("End")
    assert "Agents" not in tip(page)


STATES = (
    "",
    "#view=table&by=week",
    "#range=24h&split=app",
    "#range=custom&from=2025-12-31&to=2026-01-07&apps=app-0001",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 900}, PHONE], ids=["desk", "phone"])
def test_nothing_is_in_the_way_of_anybody(site: Made, watched: Watched, scheme: str, viewport: dict) -> None:
    with watched(color_scheme=scheme, viewport=viewport) as page:
        for choice in STATES:
            opened(page, site.address(NEW_YORK, choice))
            assert axe.violations(page) == []
            assert page.evaluate(OVER) == 0
        page.locator("#usage-apps").click()
        page.keyboard.press("ArrowDown")
        assert axe.violations(page) == []
        assert page.evaluate(OVER) == 0
        opened(page, site.address(HEBREW, "#view=table"))
        assert axe.violations(page) == []
        assert page.evaluate(OVER) == 0


def test_without_scripts_there_are_tables_and_files(site: Made, watched: Watched) -> None:
    with watched(java_script_enabled=False) as page:
        page.goto(site.address(BERLIN))
        expect(page.locator("#usage")).to_be_hidden()
        expect(page.locator("#days tbody tr")).to_have_count(90)
        expect(page.locator("#months tbody tr")).to_have_count(4)
        page.locator(".files-of-usage summary").click()
        link = page.get_by_role("link", name="all months")
        assert (link.get_attribute("href") or "").startswith("csv/")


def test_it_is_printed_with_its_table(site: Made, page: Page, tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    opened(page, site.address(BERLIN, "#range=7d"))
    page.pdf(path=tmp_path / "usage.pdf", format="A4")
    text = "".join(each.extract_text() for each in pypdf.PdfReader(tmp_path / "usage.pdf").pages)
    assert "Sa., 3. Jan. 2026" in text
    assert "Average per day" in text
