"""The usage page in a browser: ranges and buckets."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.usage.reading import (
    BERLIN,
    FIRST,
    INDIA,
    LAST,
    NEW_YORK,
    Made,
    choose,
    ids,
    number,
    opened,
    settled,
    shown,
    summed,
    table,
)


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
