"""What holds for every page of the site, whoever's it is."""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from reports.names import account_folder
from tests import validator
from tests.browser import axe
from tests.browser.conftest import Watched
from tests.browser.home import ENTERPRISE, NAMES

ROLES = ("admin", "shared")
TREES = [f"{account_id}/{role}" for account_id in NAMES for role in ROLES]
SECTIONS = {"usage.html", "plan.html", "orders.html", "statements.html"}
PHONE = {"width": 390, "height": 844}
TABS = re.compile(r'<nav class="tabs.*?</nav>', re.DOTALL)
LAYS_OVER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

each_tree = pytest.mark.parametrize("tree", TREES)


def folder_of(site: Path, tree: str) -> Path:
    account_id, role = tree.split("/")
    return site / account_folder(account_id, NAMES[account_id]) / role


def pages_of(folder: Path) -> list[Path]:
    """All pages, but the entrances, which lead on at once."""
    return [page for page in sorted(folder.rglob("*.html")) if page != folder / "index.html"]


def different(folder: Path) -> list[Path]:
    """The pages of an admin's tree, and of a shared one those that say something else.

    Of those that have nothing but other tabs, one of a kind stands for all.
    """
    other = folder.parent / "admin"
    if folder == other:
        return pages_of(folder)
    found: dict[Path, Path] = {}
    for page in pages_of(folder):
        same = other / page.relative_to(folder)
        text, same_text = page.read_text("utf-8"), same.read_text("utf-8") if same.exists() else ""
        if text == same_text:
            continue
        is_alike = TABS.sub("", text) == TABS.sub("", same_text) and page.parent != folder
        found.setdefault(page.parent if is_alike else page, page)
    return list(found.values())


def faults(pages: list[Path], found: Callable[[Path], list[str]]) -> str:
    return "\n".join(f"{page.parent.name}/{page.name}: {fault}" for page in pages for fault in found(page))


def is_drawn(page: Page) -> None:
    """Waits for a page that has been loaded until it has shown all of itself."""
    expect(page.locator("[aria-busy]")).to_have_count(0, timeout=30_000)


def looked_at(page: Page, address: str) -> list[str]:
    """What is wrong with a page for people: in light and dark, on a desk and on a phone."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    page.goto(address)
    is_drawn(page)
    found = axe.violations(page)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {fault}" for fault in axe.violations(page, axe.CONTRAST)]
    page.set_viewport_size(PHONE)
    if over := page.evaluate(LAYS_OVER):
        found.append(f"{over} pixels too wide at {PHONE['width']}")
    return found


@each_tree
def test_nothing_is_in_the_way_of_anybody(site: Path, page: Page, tree: str) -> None:
    pages = different(folder_of(site, tree))
    assert pages
    told = faults(pages, lambda each: looked_at(page, each.as_uri()))
    assert not told, told


def test_nothing_is_in_the_way_on_the_index(site: Path, page: Page) -> None:
    assert looked_at(page, (site / "index.html").as_uri()) == []


@each_tree
def test_every_page_opens_from_the_server_as_from_the_disk(
    site: Path, served: str, page: Page, tree: str
) -> None:
    """The watched page fails for whatever the console says; the server's policy stands beside the page's."""
    for each in different(folder_of(site, tree)):
        answer = page.goto(f"{served}/{each.relative_to(site).as_posix()}")
        assert answer is not None
        assert answer.status == 200
        is_drawn(page)


def test_an_entrance_leads_to_the_usage(site: Path, served: str, page: Page) -> None:
    page.goto(f"{served}/{folder_of(site, TREES[0]).relative_to(site).as_posix()}/")
    page.wait_for_url("**/usage.html")


def test_every_page_is_useful_without_scripts(site: Path, watched: Watched) -> None:
    with watched(java_script_enabled=False) as page:
        for tree in TREES:
            for each in pages_of(folder_of(site, tree)):
                page.goto(each.as_uri())
                assert page.locator("main").inner_text().strip()


@pytest.mark.skipif(validator.why_not() is not None, reason=validator.why_not() or "")
def test_all_html_is_valid(site: Path) -> None:
    told = validator.faults_of(sorted(site.rglob("*.html")))
    assert not told, "\n".join(told[:50])


class Addresses(HTMLParser):
    """What a page refers to."""

    def __init__(self, text: str):
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "data", "poster", "action") and value:
                self.found.append(value)
            if name == "id" and value:
                self.ids.add(value)
            if name == "content" and value and (named := re.search(r"url=(.*)", value)):
                self.found.append(named[1])


def referred(page: Path) -> Iterator[tuple[str, Path, str]]:
    """Each address of a page, the file that it names, and the place in that file."""
    for address in Addresses(page.read_text("utf-8")).found:
        parts = urlsplit(address)
        if parts.scheme in ("data", "mailto"):
            continue
        assert not parts.scheme, address
        assert not parts.netloc, address
        yield address, (page.parent / unquote(parts.path)).resolve() if parts.path else page, parts.fragment


@each_tree
def test_every_link_leads_to_a_file_of_the_same_tree_or_to_what_all_share(site: Path, tree: str) -> None:
    folder, assets = folder_of(site, tree).resolve(), (site / "assets").resolve()
    lost = []
    for page in folder.rglob("*.html"):
        for address, file, fragment in referred(page):
            if not (file.is_file() and (file.is_relative_to(folder) or file.is_relative_to(assets))):
                lost.append(f"{page.name}: {address}")
            elif fragment and file.suffix == ".html" and not is_place(file, unquote(fragment)):
                lost.append(f"{page.name}: {address} (no such place)")
    assert not lost, "\n".join(lost)


def is_place(page: Path, fragment: str) -> bool:
    """Whether there is an element of that id; a fragment with `=` is a choice that a script reads."""
    return "=" in fragment or fragment in Addresses(page.read_text("utf-8")).ids


def test_every_link_of_the_index_leads_somewhere(site: Path) -> None:
    page = site / "index.html"
    assert [address for address, file, _ in referred(page) if not file.is_file()] == []


@each_tree
def test_each_role_has_its_sections_and_no_others(site: Path, tree: str) -> None:
    account_id, role = tree.split("/")
    expected = {"usage.html", "statements.html" if account_id == ENTERPRISE else "orders.html"}
    expected |= {"plan.html"} if role == "admin" else set()
    folder = folder_of(site, tree)
    assert {page.name for page in folder.glob("*.html")} & SECTIONS == expected
    for page in pages_of(folder):
        named = {urlsplit(address).path.rsplit("/", 1)[-1] for address in Addresses(page.read_text()).found}
        assert named & SECTIONS <= expected, page


def test_a_shared_account_sees_nothing_of_the_plans(site: Path) -> None:
    """Neither a page nor a word of who owns what, what was asked for, and what would be done about it."""
    for account_id in NAMES:
        folder = folder_of(site, f"{account_id}/shared")
        for file in folder.rglob("*"):
            if file.is_file() and file.suffix in (".html", ".js", ".csv", ".json"):
                text = file.read_text("utf-8")
                for word in ("quarterhour account", "plan.html", "extension", "downgrade"):
                    assert word not in text.casefold(), (file, word)


def test_an_enterprise_account_sees_no_agents(site: Path) -> None:
    """R16: neither a count nor a column for it, in no file. Whose time is not billed may be said."""
    told = []
    for role in ROLES:
        for file in folder_of(site, f"{ENTERPRISE}/{role}").rglob("*"):
            if file.is_file() and file.suffix in (".html", ".js", ".csv", ".json"):
                text = re.sub(
                    r'human.agents?|"agents":false', "", file.read_text("utf-8"), flags=re.IGNORECASE
                )
                found = re.findall(r".{0,60}\b(?:agents?|seats?|agent_seats)\b.{0,60}", text, re.IGNORECASE)
                told += [f"{role}/{file.name}: {each}" for each in found[:3]]
    assert not told, "\n".join(told)
