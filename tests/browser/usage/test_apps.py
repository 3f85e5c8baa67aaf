"""The usage page in a browser: the choice of apps."""

from datetime import date, timedelta

from playwright.sync_api import Page, expect

from tests.browser.usage.reading import (
    BERLIN,
    FIRST,
    HOSTILE,
    LAST,
    WIDE_LAST,
    Made,
    choose,
    figure,
    number,
    opened,
    settled,
    shown,
    summed,
    table,
)


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
