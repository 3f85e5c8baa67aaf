"""Orders, documents, lines and sessions, clicked through."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from reports.names import account_folder
from tests.browser.conftest import Watched
from tests.browser.home import ENTERPRISE, NAMES, RTL, STANDARD


def tree(site: Path, account_id: str, role: str = "admin") -> Path:
    return site / account_folder(account_id, NAMES[account_id]) / role


def address(site: Path, file: str, account_id: str = STANDARD) -> str:
    return f"{tree(site, account_id).as_uri()}/{file}"


def shown(page: Page, table: str) -> list[str]:
    """The first cells of the rows that are shown."""
    return page.locator(f"#{table} tbody tr:visible > th").all_inner_texts()


def issued(site: Path, account_id: str = STANDARD) -> list[str]:
    """The account's invoices by number."""
    return sorted(path.stem for path in (tree(site, account_id) / "documents").glob("INV-*.html"))


# Filters


def test_orders_are_filtered_by_type_status_and_period(site: Path, page: Page):
    page.goto(address(site, "orders.html"))
    form = page.get_by_role("form", name="Filter orders")
    everything = shown(page, "orders")
    count = form.locator("output")
    expect(count).to_have_text(f"{len(everything)} orders")
    form.get_by_label("Type").select_option("top_up")
    expect(count).to_have_text(f"3 of {len(everything)} orders")
    assert shown(page, "orders") == ["o3", "o2", "o1"]
    form.get_by_label("Status").select_option("completed")
    assert shown(page, "orders") == ["o1"]
    form.get_by_label("Status").select_option("")
    form.get_by_label("From").fill("2026-03-01")
    form.get_by_label("To").fill("2026-03-17")
    assert shown(page, "orders") == ["o2"]
    form.get_by_role("button", name="Clear").click()
    assert shown(page, "orders") == everything
    expect(form.get_by_label("Type")).to_be_focused()


def test_documents_are_filtered_by_kind_and_status(site: Path, page: Page):
    page.goto(address(site, "orders.html"))
    form = page.get_by_role("form", name="Filter documents")
    form.get_by_label("Kind").select_option("credit_note")
    (number,) = page.locator("#invoices tbody tr:visible > th > a").all_inner_texts()
    assert number.startswith("CRN-")
    form.get_by_label("Kind").select_option("")
    for status in ("draft", "paid", "overdue", "open"):
        form.get_by_label("Status").select_option(status)
        badges = page.locator("#invoices tbody tr:visible .status").all()
        assert badges
        assert all(re.search(rf"\b{status}\b", badge.get_attribute("class") or "") for badge in badges)


def test_documents_are_found_by_any_day_of_their_period(site: Path, page: Page):
    """January was issued in February, March is a draft; the ends of a period are days of it."""
    page.goto(address(site, "orders.html"))
    form = page.get_by_role("form", name="Filter documents")
    periods = page.locator('#invoices tbody tr:visible td[data-label="Period"]')

    def between(first: str, last: str) -> set[str]:
        form.get_by_label("Period from").fill(first)
        form.get_by_label("Period to").fill(last)
        return set(periods.all_inner_texts())

    january, february, march = (
        between(f"2026-{month}-01", f"2026-{month}-{last}")
        for month, last in (("01", "31"), ("02", "28"), ("03", "31"))
    )
    whole = [next(each for each in found if "–" in each) for found in (january, february, march)]
    assert len(set(whole)) == 3
    for found, own in zip((january, february, march), whole, strict=True):
        assert not found & (set(whole) - {own})
    assert between("2026-01-31", "2026-02-01") == set(whole[:2])
    assert between("2026-03-31", "") == {whole[2]}
    assert between("", "2026-01-01") == {whole[0]}
    assert between("2026-04-01", "") == set()


def test_a_link_shows_the_same_rows(site: Path, page: Page, watched: Watched):
    page.goto(address(site, "orders.html"))
    page.get_by_role("form", name="Filter orders").get_by_label("Type").select_option("top_up")
    page.get_by_role("form", name="Filter documents").get_by_label("Kind").select_option("credit_note")
    expect(page).to_have_url(re.compile(r"#invoices\.kind=credit_note&orders\.type=top_up$"))
    with watched() as other:
        other.goto(page.url)
        assert shown(other, "orders") == ["o3", "o2", "o1"]
        assert other.locator("#invoices tbody tr:visible").count() == 1


def test_a_link_with_nonsense_shows_everything(site: Path, page: Page):
    page.goto(address(site, "orders.html#orders.type=<b>&orders.from=x&invoices.status=%"))
    assert len(shown(page, "orders")) == page.locator("#orders tbody tr").count()


def test_without_a_script_the_whole_list_is_there(site: Path, watched: Watched):
    with watched(java_script_enabled=False) as page:
        page.goto(address(site, "orders.html"))
        assert page.locator("#orders tbody tr:visible").count() > 5
        assert page.get_by_role("form").count() == 0
        assert page.get_by_role("link", name="PDF").count() >= 3


# Downloads


@pytest.mark.parametrize("kind", ["PDF", "CSV"])
def test_an_invoice_is_downloaded_from_its_field(
    site: Path, served: str, page: Page, tmp_path: Path, kind: str
):
    folder = tree(site, STANDARD).relative_to(site)
    page.goto(f"{served}/{folder.as_posix()}/orders.html")
    number = issued(site)[0]
    link = page.locator("#invoices").get_by_role("link", name=f"{number} as {kind}")
    if kind == "PDF" and link.count() == 0:
        pytest.skip("no PDF was made: WeasyPrint or Pango is missing")
    with page.expect_download() as told:
        link.click()
    told.value.save_as(tmp_path / "got")
    made = tree(site, STANDARD) / "documents" / f"{number}.{kind.lower()}"
    assert (tmp_path / "got").read_bytes() == made.read_bytes()
    assert told.value.suggested_filename == made.name


def test_an_invoice_opens_as_a_page_and_leads_to_its_lines(site: Path, page: Page):
    page.goto(address(site, "orders.html"))
    number = issued(site)[0]
    page.locator("#invoices").get_by_role("link", name=f"{number} as HTML").click()
    expect(page.get_by_role("heading", name="Invoice", exact=True)).to_be_visible()
    page.locator("#line-2 .place a").click()
    expect(page).to_have_url(re.compile(rf"/lines/{number}\.html#line-2$"))
    expect(page.get_by_role("heading", name=f"Where {number} comes from")).to_be_visible()


def test_movements_are_opened_by_keyboard(site: Path, page: Page):
    page.goto(address(site, "orders.html"))
    summary = page.locator(".wallet summary").first
    summary.focus()
    page.keyboard.press("Enter")
    rows = page.locator(".wallet details").first.locator("tbody tr")
    expect(rows.first).to_be_visible()
    assert f"{rows.count()} movement" in summary.inner_text()


# From a line to its sessions


def test_a_day_of_a_line_leads_to_its_sessions(site: Path, page: Page):
    """I6: as many as the line's day says."""
    page.goto(address(site, f"lines/{issued(site)[-2]}.html"))
    day = page.locator(".calendar td a").first
    count = int(day.inner_text().split()[-1])
    assert count > 0
    day.click()
    expect(page.get_by_role("heading", name="Sessions of a day")).to_be_visible()
    expect(page.locator(".pager output")).to_have_text(f"1–{count} of {count}")
    assert page.locator("#session-rows tbody tr").count() == count


def test_sessions_are_paged_and_a_link_shows_the_same_page(site: Path, page: Page, watched: Watched):
    page.goto(address(site, "sessions.html#day=2026-03-18"))
    told = page.locator(".pager output")
    expect(told).to_have_text(re.compile(r"^1–100 of 1\d\d$"))
    count = int(told.inner_text().split()[-1])
    first = shown(page, "session-rows")
    assert len(first) == 100
    page.get_by_role("button", name="Next").click()
    expect(told).to_have_text(f"101–{count} of {count}")
    assert len(shown(page, "session-rows")) == count - 100
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    with watched() as other:
        other.goto(page.url)
        expect(other.locator(".pager output")).to_have_text(f"101–{count} of {count}")
    page.get_by_role("button", name="Previous").click()
    assert shown(page, "session-rows") == first


def test_sessions_are_chosen_by_app_and_type(site: Path, page: Page):
    page.goto(address(site, "sessions.html#day=2026-03-18"))
    expect(page.locator("#session-rows tbody tr").first).to_be_visible()
    form = page.get_by_role("form", name="Choose a day and what to show")
    form.get_by_label("Type").select_option("a")
    types = page.locator('#session-rows td[data-label="Type"]')
    expect(types.first).to_have_text("Alert")
    assert set(types.all_inner_texts()) == {"Alert"}
    form.get_by_label("Type").select_option("b")
    assert "Voice" not in types.all_inner_texts()
    form.get_by_label("Type").select_option("")
    options = form.get_by_label("App").locator("option").all_inner_texts()
    assert "<script>alert(1)</script>" in options
    form.get_by_label("App").select_option(label="<script>alert(1)</script>")
    apps = page.locator('#session-rows td[data-label="App"]')
    expect(apps.first).to_have_text("<script>alert(1)</script>")
    assert set(apps.all_inner_texts()) == {"<script>alert(1)</script>"}


def test_sessions_of_all_apps_are_by_start_and_each_has_an_end(site: Path, page: Page):
    """One of an instant ends as it starts, as its file says."""
    page.goto(address(site, "sessions.html#day=2026-03-18"))
    expect(page.locator("#session-rows tbody tr").first).to_be_visible()
    with (tree(site, STANDARD) / "sessions" / "2026-03-18.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["started_at"])
    found = page.locator('#session-rows td[data-label="Conversation"]').all_inner_texts()
    assert found == [row["conversation_id"] for row in rows[:100]]
    assert len({row["app_id"] for row in rows[:20]}) > 1
    instants = 0
    for row in page.locator("#session-rows tbody tr").all():
        start, end = row.locator("th").inner_text(), row.locator('td[data-label="End"]').inner_text()
        if row.locator('td[data-label="Type"]').inner_text() in ("API request", "Alert"):
            assert end == start
            instants += 1
        assert end != "–"
    assert instants


def test_what_only_a_reader_hears_stays_in_its_cell(site: Path, page: Page):
    """From right to left it would stand beyond the page's edge, and the page would scroll sideways."""
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(address(site, "sessions.html", RTL))
    heard = page.locator("#days-of-sessions .unseen").nth(1)
    assert heard.evaluate("each => each.offsetParent.tagName") == "TD"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_document_leads_back_to_its_list_and_to_its_file_but_not_on_paper(site: Path, page: Page):
    for account_id, back in ((STANDARD, "orders.html"), (ENTERPRISE, "statements.html")):
        folder = tree(site, account_id)
        made = min((folder / "documents").glob("*.html"))
        page.goto(made.as_uri())
        ways = page.get_by_role("navigation", name="Console")
        file = ways.get_by_role("link", name="Download CSV").get_attribute("href")
        assert (folder / "documents" / (file or "")).is_file()
        page.emulate_media(media="print")
        expect(ways).to_be_hidden()
        page.emulate_media(media="screen")
        ways.get_by_role("link", name="Back to").click()
        assert page.url == (folder / back).as_uri()


def test_one_goes_from_day_to_day(site: Path, page: Page):
    page.goto(address(site, "sessions.html#day=2026-03-18"))
    day = page.get_by_label("Day", exact=True)
    expect(day).to_have_value("2026-03-18")
    page.get_by_role("button", name="Day before").click()
    expect(day).to_have_value("2026-03-17")
    page.get_by_role("button", name="Day after").click()
    page.get_by_role("button", name="Day after").click()
    expect(day).to_have_value("2026-03-19")
    assert "day=2026-03-19" in page.url
    day.fill("2026-03-16")
    expect(page.get_by_role("link", name="Download the day as CSV")).to_have_attribute(
        "href", "sessions/2026-03-16.csv"
    )
    page.goto(address(site, "sessions.html#day=1999-01-01"))
    expect(page.locator("#sessions-sum")).to_have_text("This day has no list.")


def test_a_provisional_session_is_marked(site: Path, page: Page):
    newest = sorted((tree(site, STANDARD) / "sessions").glob("*.js"))[-1].stem
    page.goto(address(site, f"sessions.html#day={newest}"))
    expect(page.locator("#session-rows .status").first).to_have_text("Provisional")
    expect(page.locator("#sessions-sum")).to_contain_text("provisional 1")


def test_times_are_those_of_the_account_and_its_locale(site: Path, page: Page):
    newest = sorted((tree(site, RTL) / "sessions").glob("*.js"))[-2].stem
    page.goto(address(site, f"sessions.html#day={newest}", RTL))
    expect(page.locator("#sessions-sum")).to_contain_text("Asia/Jerusalem")
    expect(page.locator("#session-rows tbody th").first).to_have_text(re.compile(r"^\d{1,2}:\d\d:\d\d$"))


def test_without_a_script_the_days_and_their_files_are_there(site: Path, watched: Watched):
    with watched(java_script_enabled=False) as page:
        page.goto(address(site, "sessions.html"))
        assert page.locator("#days-of-sessions a[download]").count() > 30
        assert not page.locator("#sessions").is_visible()


# Enterprise


def test_an_enterprise_account_has_statements_and_no_orders(site: Path, page: Page):
    """I5."""
    folder = tree(site, ENTERPRISE)
    assert not (folder / "orders.html").exists()
    page.goto(address(site, "statements.html", ENTERPRISE))
    numbers = page.locator("#statements tbody th > a").all_inner_texts()
    assert any(number.startswith("STM-") for number in numbers)
    page.get_by_role("link", name=f"{numbers[-1]} as HTML").click()
    expect(page.get_by_role("heading", name="Usage statement")).to_be_visible()
