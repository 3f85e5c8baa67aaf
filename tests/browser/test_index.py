"""The operator's index in a browser: its figures, search, sorting, and what is there without a script."""

import re
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page, expect

from orchestration.home import WAREHOUSE
from tests.browser.conftest import Watched
from tests.browser.home import ENTERPRISE, NAMES, OVERDUE, STANDARD

ROWS = "#accounts-table tbody tr"


@pytest.fixture
def index(page: Page, site: Path) -> Page:
    page.goto((site / "index.html").as_uri())
    return page


def row_of(page: Page, account_id: str):
    return page.locator(ROWS).filter(has=page.get_by_text(NAMES[account_id], exact=True))


def names(page: Page) -> list[str]:
    return [name for name in page.locator(f"{ROWS}:visible th a bdi").all_inner_texts() if name]


def test_the_figures_are_those_of_the_marts(index: Page, home: Path) -> None:
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
            row_of(index, account_id).locator("td > data").evaluate_all("all => all.map(one => one.value)")
        )
        assert shown[:2] == [str(billing), str(voice)]
        assert str(provisional) in shown
    for account_id, total in drafts:
        assert row_of(index, account_id).locator("td[data-currency] data").first.get_attribute(
            "value"
        ) == str(total)


def test_what_to_look_at_is_told(index: Page) -> None:
    beta = row_of(index, OVERDUE)
    expect(beta).to_contain_text("3 rows quarantined")
    expect(beta).to_contain_text("1 event refused")
    expect(beta).to_contain_text("overdue", ignore_case=True)
    expect(row_of(index, STANDARD)).to_contain_text("1 file warning")


def test_an_enterprise_account_has_no_agents_here_either(index: Page) -> None:
    expect(row_of(index, ENTERPRISE).locator("td").nth(2)).to_have_text("–")


def test_search_finds_names_ids_and_zones(index: Page) -> None:
    search = index.get_by_label("Search")
    search.fill("berlin")
    expect(index.locator(f"{ROWS}:visible")).to_have_count(1)
    expect(index.locator("#shown")).to_have_text(f"1 of {len(NAMES)} accounts")
    search.fill("nobody at all")
    expect(index.get_by_text("No account is called that.")).to_be_visible()
    search.fill("")
    index.get_by_label("Only with warnings").check()
    assert 0 < len(names(index)) < len(NAMES)


def test_columns_sort_by_mouse_and_by_keyboard(index: Page) -> None:
    before = names(index)
    header = index.get_by_role("button", name="Billing sessions")
    header.click()
    expect(index.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    shown = index.locator(f"{ROWS} td:nth-child(2) data").evaluate_all("all => all.map(one => +one.value)")
    assert shown == sorted(shown, reverse=True)
    header.press("Enter")
    expect(index.locator("th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    shown = index.locator(f"{ROWS} td:nth-child(2) data").evaluate_all("all => all.map(one => +one.value)")
    assert shown == sorted(shown)
    index.get_by_role("button", name="Account").click()
    assert sorted(names(index)) == sorted(before)


def test_amounts_sort_among_their_own_currency(index: Page) -> None:
    index.get_by_role("button", name=re.compile("March 2026")).click()
    cells = index.locator(f"{ROWS} td[data-label='March 2026']")
    shown = cells.evaluate_all(
        "all => all.map(one => [one.dataset.currency, -one.querySelector('data').value])"
    )
    assert shown == sorted(shown)


def test_without_scripts_all_is_there_but_the_search(watched: Watched, site: Path) -> None:
    with watched(java_script_enabled=False) as page:
        page.goto((site / "index.html").as_uri())
        expect(page.locator(f"{ROWS}:visible")).to_have_count(len(NAMES))
        expect(page.locator("#find")).to_be_hidden()
