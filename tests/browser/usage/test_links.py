"""The usage page in a browser: downloads, links, and those who see or may less."""

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import axe
from tests.browser.conftest import Watched
from tests.browser.usage.reading import (
    BERLIN,
    ENTERPRISE,
    HEBREW,
    HOSTILE,
    LAST,
    NEW_YORK,
    OVER,
    PHONE,
    Made,
    choose,
    ids,
    opened,
    settled,
    shown,
    summed,
    table,
    tip,
)


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
