"""The operator's index in a browser: its figures, search, sorting, and what is there without a script."""

import re
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page, expect

from orchestration.home import WAREHOUSE
from reports.models import Measures
from reports.models.index_page import IndexEntry, MonthDocument
from tests.browser.conftest import Watched
from tests.browser.home import ENTERPRISE, NAMES, OVERDUE, STANDARD
from tests.reports.test_index_page import account, index, page_of

ROWS = "#accounts-table tbody tr"


@pytest.fixture
def opened(page: Page, site: Path) -> Page:
    page.goto((site / "index.html").as_uri())
    return page


def row_of(page: Page, account_id: str):
    return page.locator(ROWS).filter(has=page.get_by_text(NAMES[account_id], exact=True))


def names(page: Page) -> list[str]:
    return [name for name in page.locator(f"{ROWS}:visible th a bdi").all_inner_texts() if name]


def test_the_figures_are_those_of_the_marts(opened: Page, home: Path) -> None:
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as marts:
        usage = marts.sql("""
            select account_id, billing_sessions, voice_sessions, provisional_sessions
            from usage_account_monthly where usage_month_date = '2026-03-01'
        """).fetchall()
        drafts = marts.sql("""
            select account_id, total from invoices
            where invoice_month = '2026-03-01' and document_class = 'month' and has_lines
        """).fetchall()
    assert len(usage) == len(NAMES)
    for account_id, billing, voice, provisional in usage:
        shown = (
            row_of(opened, account_id).locator("td > data").evaluate_all("all => all.map(one => one.value)")
        )
        assert shown[:2] == [str(billing), str(voice)]
        assert str(provisional) in shown
    for account_id, total in drafts:
        assert row_of(opened, account_id).locator("td[data-currency] data").first.get_attribute(
            "value"
        ) == str(total)


def test_what_to_look_at_is_told(opened: Page) -> None:
    beta = row_of(opened, OVERDUE)
    expect(beta).to_contain_text("3 rows quarantined")
    expect(beta).to_contain_text("1 event refused")
    expect(beta).to_contain_text("overdue", ignore_case=True)
    expect(row_of(opened, STANDARD)).to_contain_text("1 file warning")


def test_an_enterprise_account_has_no_agents_here_either(opened: Page) -> None:
    expect(row_of(opened, ENTERPRISE).locator("td").nth(2)).to_have_text("–")


def test_search_finds_names_ids_and_zones(opened: Page) -> None:
    search = opened.get_by_label("Search")
    search.fill("berlin")
    expect(opened.locator(f"{ROWS}:visible")).to_have_count(1)
    expect(opened.locator("#shown")).to_have_text(f"1 of {len(NAMES)} accounts")
    search.fill("nobody at all")
    expect(opened.get_by_text("No account is called that.")).to_be_visible()
    search.fill("")
    opened.get_by_label("Only with warnings").check()
    assert 0 < len(names(opened)) < len(NAMES)


def test_columns_sort_by_mouse_and_by_keyboard(opened: Page) -> None:
    before = names(opened)
    header = opened.get_by_role("button", name="Billing sessions")
    header.click()
    expect(opened.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    shown = opened.locator(f"{ROWS} td:nth-child(2) data").evaluate_all("all => all.map(one => +one.value)")
    assert shown == sorted(shown, reverse=True)
    header.press("Enter")
    expect(opened.locator("th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    shown = opened.locator(f"{ROWS} td:nth-child(2) data").evaluate_all("all => all.map(one => +one.value)")
    assert shown == sorted(shown)
    opened.get_by_role("button", name="Account").click()
    assert sorted(names(opened)) == sorted(before)


def test_amounts_sort_among_their_own_currency(opened: Page) -> None:
    opened.get_by_role("button", name=re.compile("March 2026")).click()
    cells = opened.locator(f"{ROWS} td[data-label='March 2026']")
    shown = cells.evaluate_all(
        "all => all.map(one => [one.dataset.currency, -one.querySelector('data').value])"
    )
    assert shown == sorted(shown)


def test_a_thousand_accounts_are_searched_and_sorted(page: Page, site: Path, tmp_path: Path) -> None:
    (tmp_path / "assets").symlink_to(site / "assets")
    (tmp_path / "index.html").write_text(page_of(index(*map(numbered, range(1_200)))))
    page.goto((tmp_path / "index.html").as_uri())
    expect(page.locator("#shown")).to_have_text("1200 accounts")
    page.locator("#search").fill("customer 11")
    found = sum("11" in str(number) for number in range(1_200))
    expect(page.locator("#shown")).to_have_text(f"{found} of 1200 accounts")
    assert page.locator(f"{ROWS}:visible").count() == found
    page.locator("#search").fill("")
    page.locator("th[data-sort=number] button").first.click()
    counts = page.locator(f"{ROWS} td[data-label='Billing sessions'] data")
    shown = counts.evaluate_all("all => all.map(one => Number(one.value))")
    assert shown == sorted(range(1_200), reverse=True)


def numbered(number: int) -> IndexEntry:
    days = tuple(number * day % 97 for day in range(30))
    document = MonthDocument("EUR", Decimal(number))
    return IndexEntry(account(f"Customer {number}"), Measures(number, number), days, document)


def test_without_scripts_all_is_there_but_the_search(watched: Watched, site: Path) -> None:
    with watched(java_script_enabled=False) as page:
        page.goto((site / "index.html").as_uri())
        expect(page.locator(f"{ROWS}:visible")).to_have_count(len(NAMES))
        expect(page.locator("#find")).to_be_hidden()
