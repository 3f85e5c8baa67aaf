"""The usage page in a browser: the graph, and what it says when it is pointed at."""

from datetime import date
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched
from tests.browser.usage.reading import BERLIN, HEBREW, PHONE, Made, choose, figure, opened, summed, tip


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
