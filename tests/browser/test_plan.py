"""The plan page in a browser: every control, by mouse, by keyboard and by touch, and without scripts."""

import re
import shlex
import threading
from pathlib import Path

import duckdb
import pytest
import yaml
from playwright.sync_api import Locator, Page, expect

from orchestration import dbt
from orchestration.console.assets import assets
from orchestration.console.files import File
from orchestration.console.plans import Plans
from orchestration.console.reading import accounts_of
from orchestration.console.tree import Tree
from orchestration.serve import server
from reports.commands import option, yaml_text
from reports.models import Role
from tests import validator
from tests.browser import axe
from tests.browser.conftest import Watched
from tests.dbt_project.plan_book import HOSTILE, MANY
from tests.orchestration.plan_homes import plan_home

HOSTILE_ACCOUNT = "o'hara; rm -rf $HOME"
TYPED = ["ann", "zoë o'neil", "-x", 'a"b\\c', "$(id) `id` ;&|<>", "=cmd()", "  spaced  ", "日本 🙂"]
"""Owners that somebody might type."""

Pages = dict[str, Path]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The plan page of each account, in a site that has nothing else."""
    home = plan_home(tmp_path_factory.mktemp("plan-pages"))
    tree = Tree(home / "reports")
    tree.put(File("index.html", "<!doctype html><title>All accounts</title>"))
    for asset in assets():
        tree.put(asset)
    found = {}
    with duckdb.connect(str(home / dbt.WAREHOUSE), read_only=True) as warehouse:
        section = Plans(home, warehouse)
        for account in accounts_of(warehouse):
            for file in section.files(account, Role.ADMIN):
                tree.put(file, f"{account.folder}/admin")
                found[account.account_id] = tree.root / account.folder / "admin" / file.path
    return found


@pytest.fixture
def acme(pages: Pages, page: Page) -> Page:
    """The page of an account whose apps each have something to say."""
    page.goto(pages["acme"].as_uri())
    return page


def row(page: Page, name: str) -> Locator:
    return page.locator("#plans tbody tr").filter(
        has=page.locator("th .name").get_by_text(re.compile(rf"^{re.escape(name)}$"))
    )


def managed(page: Page, name: str) -> Locator:
    """The panel, opened for an app with its button."""
    row(page, name).hover()
    row(page, name).get_by_role("button", name=f"Manage {name}").click()
    panel = page.get_by_role("dialog")
    expect(panel.get_by_role("heading", level=2)).to_have_text(name)
    return panel


def action(panel: Locator, title: str) -> Locator:
    """What is behind a heading, opened."""
    summary = panel.locator(".action summary").filter(has_text=re.compile(rf"^{title}"))
    summary.click()
    return panel.locator(".action[open]")


# The menu


def test_the_menu_by_mouse(acme: Page) -> None:
    button = row(acme, "Calm").get_by_role("button", name="Actions for Calm")
    menu = acme.get_by_role("menu", name="Actions for Calm")
    expect(button).to_have_attribute("aria-haspopup", "menu")
    button.click()
    expect(menu.get_by_role("menuitem")).to_have_text(["Manage", "Change owner"])
    expect(button).to_have_attribute("aria-expanded", "true")
    acme.get_by_role("heading", name="Plans of all apps").click()
    expect(acme.locator("#menu")).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    button.click()
    expect(acme.locator("#menu")).to_be_hidden()
    button.click()
    menu.get_by_role("menuitem", name="Manage").click()
    expect(acme.get_by_role("dialog")).to_be_visible()


def test_the_menu_by_keyboard(acme: Page) -> None:
    """As the pattern for menu buttons wants it: arrows, Home, End, letters, Escape and Tab."""
    button = row(acme, "Calm").get_by_role("button", name="Actions for Calm")
    manage = acme.get_by_role("menuitem", name="Manage")
    owner = acme.get_by_role("menuitem", name="Change owner")
    button.focus()
    acme.keyboard.press("Enter")
    expect(manage).to_be_focused()
    for key, focused in (
        ("ArrowDown", owner), ("ArrowDown", manage), ("ArrowUp", owner), ("Home", manage), ("End", owner),
        ("m", manage), ("c", owner),
    ):  # fmt: skip
        acme.keyboard.press(key)
        expect(focused).to_be_focused()
    acme.keyboard.press("Escape")
    expect(acme.locator("#menu")).to_be_hidden()
    expect(button).to_be_focused()
    acme.keyboard.press("ArrowUp")
    expect(owner).to_be_focused()
    acme.keyboard.press("Tab")
    expect(acme.locator("#menu")).to_be_hidden()
    button.focus()
    acme.keyboard.press("ArrowDown")
    acme.keyboard.press("End")
    acme.keyboard.press("Enter")
    expect(acme.get_by_label("New owner")).to_be_focused()
    acme.keyboard.type("ann")
    expect(acme.locator("[data-action=owner_changed] [data-shell] pre")).to_have_text(
        "quarterhour account owner acme --app calm --owner-id ann"
    )
    acme.keyboard.press("Escape")
    expect(acme.get_by_role("dialog")).to_be_hidden()
    expect(button).to_be_focused()


# The notes


def test_a_note_opens_by_click_and_keyboard_and_closes_by_escape(acme: Page) -> None:
    button = row(acme, "Down").get_by_role("button", name="About Down: 1 note")
    note = acme.get_by_text("Downgrade to Essential on 1 Apr 2026.")
    expect(note).to_be_hidden()
    button.click()
    expect(note).to_be_visible()
    box = row(acme, "Down").locator(".note-box").bounding_box()
    at = button.bounding_box()
    assert box
    assert at
    assert abs(box["y"] - at["y"] - at["height"]) < 20 or abs(at["y"] - box["y"] - box["height"]) < 20
    acme.keyboard.press("Escape")
    expect(note).to_be_hidden()
    button.focus()
    acme.keyboard.press("Space")
    expect(note).to_be_visible()
    row(acme, "Calm").locator("th").click()
    expect(note).to_be_hidden()


def test_a_note_opens_by_touch(pages: Pages, watched: Watched) -> None:
    with watched(has_touch=True, viewport={"width": 390, "height": 844}) as page:
        page.goto(pages["acme"].as_uri())
        row(page, "Down").get_by_role("button", name="About Down").tap()
        expect(page.get_by_text("Downgrade to Essential on 1 Apr 2026.")).to_be_visible()
        expect(row(page, "Down").get_by_role("button", name="Manage Down")).to_be_visible()


def test_without_scripts_the_list_and_its_notes_can_be_read(pages: Pages, watched: Watched) -> None:
    with watched(java_script_enabled=False) as page:
        page.goto(pages["acme"].as_uri())
        expect(page.locator("#plans tbody tr")).to_have_count(14)
        expect(page.locator(".why").first).to_be_hidden()
        expect(page.get_by_text("Downgrade to Essential on 1 Apr 2026.")).to_be_visible()
        expect(page.locator(".more").first).to_be_hidden()
        commands = page.locator(".plain-commands")  # texts in a noscript are not found by what they say
        expect(commands).to_be_visible()
        assert "quarterhour account cancel acme --app APP_ID" in commands.inner_text()


# The panel


def test_manage_shows_the_plan_its_price_the_usage_and_the_forecast(acme: Page) -> None:
    panel = managed(acme, "Down")
    expect(panel.locator("[data-notices]")).to_have_text("Downgrade to Essential on 1 Apr 2026.")
    expect(panel.locator("[data-plan]")).to_have_text("Advanced")
    expect(panel.locator("[data-price] dt").first).to_have_text("Base fee")
    expect(panel.locator("[data-price]")).to_contain_text("US$299.00 a month, in advance")
    expect(panel.locator("[data-price]")).to_contain_text("Agents set4")
    expect(panel.locator("[data-period]")).to_have_text("1–31 Mar 2026, counted to 20 Mar 2026")
    meter = panel.locator(".meter").first
    expect(meter).to_contain_text("Usage sessions400 of 500 included")
    expect(meter).to_contain_text("Expected 620 · US$11.40")
    expect(panel.locator("[data-pace]")).to_contain_text("the average of the last 28 complete days")
    assert [meter.locator(f".{part}").get_attribute("width") for part in ("whole", "part")] == ["1000", "645"]


def test_a_plan_is_chosen_and_the_rest_is_explained(acme: Page) -> None:
    panel = managed(acme, "Tried")
    offers = panel.locator(".offer")
    expect(offers).to_have_count(3)
    expect(offers.locator("label")).to_have_text(["Pay as you go", "Essential", "Advanced"])
    expect(offers.nth(1)).to_contain_text("At once; the days left of the month are charged.")
    expect(panel.locator('[data-command="plan"]')).to_be_hidden()
    offers.nth(2).locator("dl").click()
    expect(offers.nth(2).get_by_role("radio")).to_be_checked()
    command = panel.locator('[data-command="plan"]')
    expect(command.locator("[data-shell] pre")).to_have_text(
        "quarterhour account change-plan acme --app tried --plan-id advanced_usd"
    )
    offers.nth(2).get_by_role("radio").focus()
    acme.keyboard.press("ArrowUp")
    expect(command.locator("[data-shell] pre")).to_contain_text("--plan-id essential_usd")
    config = yaml.safe_load(command.locator("[data-config] pre").inner_text())
    assert config["ops"]["write_account_event"]["config"]["event"] == {
        "plan_changed": {"app_id": "tried", "plan_id": "essential_usd"}
    }
    reason = panel.get_by_text("Plan is priced in INR, the account is in USD.")
    expect(reason).to_be_hidden()
    panel.get_by_text("Why not the other 13 plans").click()
    expect(reason).to_be_visible()
    told = panel.locator(".refused dl div").filter(has_text="Plan is priced in INR")
    expect(told).to_contain_text("Essential (essential_inr)")


def test_funds_within_the_plan_s_bounds(acme: Page) -> None:
    panel = managed(acme, "Low")
    funds = action(panel, "Add funds")
    expect(funds).to_contain_text("From US$20.00 to US$10,000.00, before tax.")
    shell = funds.locator("[data-shell] pre")
    first_id = funds.get_by_label("Order id").input_value()
    expect(shell).to_have_text(
        f"quarterhour account add-funds acme --app low --order-id {first_id} --amount 20"
    )
    for amount in ("19.99", "10001", "1e3", "", "ten"):
        funds.get_by_label("Amount").fill(amount)
        expect(shell).to_be_hidden()
    expect(funds.get_by_label("Amount")).to_have_attribute("aria-invalid", "true")
    funds.get_by_label("Amount").fill("250.50")
    expect(shell).to_contain_text("--amount 250.50")
    expect(funds.get_by_label("Amount")).not_to_have_attribute("aria-invalid", "true")
    panel.get_by_role("button", name="Close").click()
    again = action(managed(acme, "Low"), "Add funds")
    assert again.get_by_label("Order id").input_value() != first_id


@pytest.mark.parametrize(
    ("app", "title", "given", "command"),
    [
        ("Tried", "Request an extension", {"Days": "10"}, "request-extension acme --app tried --days 10"),
        ("Down", "Set agents", {"Agents": "0"}, "seats acme --app down --seats 0"),
        (
            "Low", "Set auto-reload", {"Below a balance of": "25", "Add": "75.5"},
            "auto-reload acme --app low --on --threshold 25 --amount 75.5",
        ),
        ("Low", "Turn auto-reload off", {}, "auto-reload acme --app low --off"),
        ("Calm", "Change owner", {"New owner": "a@b.org"}, "owner acme --app calm --owner-id a@b.org"),
        ("Calm", "Cancel the plan", {}, "cancel acme --app calm"),
    ],
)  # fmt: skip
def test_each_action_gives_its_command(
    acme: Page, app: str, title: str, given: dict[str, str], command: str
) -> None:
    details = action(managed(acme, app), title)
    for label, value in given.items():
        details.get_by_label(label).fill(value)
    expect(details.locator("[data-shell] pre")).to_have_text(f"quarterhour account {command}")
    config = yaml.safe_load(details.locator("[data-config] pre").inner_text())
    assert config["ops"]["write_account_event"]["config"]["account_id"] == "acme"


def test_what_is_not_possible_says_why(acme: Page) -> None:
    panel = managed(acme, "Calm")
    funds = action(panel, "Add funds")
    expect(funds).to_contain_text("Not now")
    expect(funds).to_contain_text("The plan of the app is not prepaid.")
    expect(funds.get_by_label("Amount")).to_be_hidden()
    expect(funds.locator("pre")).to_have_count(0)
    closed = managed_again(acme, panel, "Shut")
    expect(closed.locator("[data-no-offer]")).to_be_visible()
    closed.get_by_text("Why not the other 16 plans").click()
    expect(closed.locator(".refused dt")).to_have_text(["App is closed."])


def managed_again(page: Page, panel: Locator, name: str) -> Locator:
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    return managed(page, name)


def test_a_click_beside_the_panel_closes_it(acme: Page) -> None:
    panel = managed(acme, "Calm")
    acme.mouse.click(40, 400)
    expect(panel).to_be_hidden()


def test_what_is_copied_is_what_is_shown(pages: Pages, watched: Watched) -> None:
    folder = pages["acme"].parents[2]
    with server(folder, 0) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{httpd.server_address[1]}"
        with watched(permissions=["clipboard-read", "clipboard-write"]) as page:
            page.goto(f"{origin}/{pages['acme'].relative_to(folder).as_posix()}")
            details = action(managed(page, "Calm"), "Cancel the plan")
            for name, place in (("command", "shell"), ("configuration", "config")):
                details.get_by_role("button", name=f"Copy the {name}").click()
                expect(details.get_by_role("status")).to_have_text("Copied.")
                copied = page.evaluate("navigator.clipboard.readText()")
                assert copied == details.locator(f"[data-{place}] pre").inner_text()
        httpd.shutdown()


def test_copying_works_from_disk_too(acme: Page) -> None:
    details = action(managed(acme, "Calm"), "Cancel the plan")
    details.get_by_role("button", name="Copy the command").click()
    expect(details.get_by_role("status")).to_have_text(re.compile("Copied|Selected"))


# Names that are hostile


def test_what_is_typed_is_quoted_as_the_house_quotes(pages: Pages, page: Page) -> None:
    page.goto(pages[HOSTILE_ACCOUNT].as_uri())
    rows = page.locator("#plans tbody tr")
    expect(rows).to_have_count(len(HOSTILE))
    for place in range(len(HOSTILE)):
        rows.nth(place).locator(".more").click()
        page.get_by_role("menuitem", name="Change owner").click()
        details = page.locator("[data-action=owner_changed]")
        for owner in TYPED:
            details.get_by_label("New owner").fill(owner)
            config_text = details.locator("[data-config] pre").inner_text()
            config = yaml.safe_load(config_text)["ops"]["write_account_event"]["config"]
            assert config["account_id"] == HOSTILE_ACCOUNT
            particulars = config["event"]["owner_changed"]
            assert particulars["owner_id"] == owner
            assert particulars["app_id"] in HOSTILE
            assert config_text.endswith(f"owner_id: {yaml_text(owner)}")
            shell = details.locator("[data-shell] pre")
            if shell.is_hidden():
                assert particulars["app_id"] == "e\N{RIGHT-TO-LEFT OVERRIDE}f"
                expect(details.locator("[data-unsafe]")).to_be_visible()
                continue
            words = shlex.split(shell.inner_text())
            assert words[:4] == ["quarterhour", "account", "owner", HOSTILE_ACCOUNT]
            assert shell.inner_text().endswith(option("--owner-id", owner))
        page.keyboard.press("Escape")


def test_an_owner_with_characters_that_a_terminal_obeys_has_no_command(acme: Page) -> None:
    details = action(managed(acme, "Calm"), "Change owner")
    details.get_by_label("New owner").fill("a\N{RIGHT-TO-LEFT OVERRIDE}b")
    expect(details.locator("[data-shell]")).to_be_hidden()
    expect(details.locator("[data-unsafe]")).to_be_visible()
    expect(details.locator("[data-config] pre")).to_contain_text(r'owner_id: "a\u202eb"')


# Contracts


def test_a_contract_has_commands_of_the_account(pages: Pages, page: Page) -> None:
    page.goto(pages["ent"].as_uri())
    row(page, "Enterprise contract").locator(".more").click()
    expect(page.get_by_role("menuitem")).to_have_text(["Manage"])
    page.get_by_role("menuitem", name="Manage").click()
    details = action(page.get_by_role("dialog"), "Cancel the plan")
    expect(details.locator("[data-shell] pre")).to_have_text("quarterhour account cancel ent")
    expect(page.locator("[data-action=owner_changed]")).to_be_hidden()
    expect(page.locator(".meter").first).to_contain_text("Usage sessions")


# Many apps


def test_a_thousand_apps_are_there_at_once_searched_and_sorted(pages: Pages, page: Page) -> None:
    assert pages["many"].stat().st_size < 3_000_000
    page.goto(pages["many"].as_uri())
    rows = page.locator("#plans tbody tr:visible")
    expect(page.locator("#shown")).to_have_text("first 100 of 1,000 apps")
    expect(rows).to_have_count(100)
    page.get_by_role("searchbox", name="Search").fill("assistant 99 pay as")
    expect(page.locator("#shown")).to_have_text("7 of 1,000 apps")
    assert sorted(rows.locator(".name").all_text_contents()) == [
        f"Assistant {number}" for number in (399, 699, 99, 990, 993, 996, 999)
    ]
    page.get_by_role("searchbox", name="Search").fill("nobody is called that")
    expect(page.locator("#nobody")).to_be_visible()
    page.get_by_role("searchbox", name="Search").fill("")
    page.get_by_role("button", name="App", exact=True).click()
    expect(rows.first.locator(".name")).to_have_text("Assistant 0")
    page.get_by_role("button", name="App", exact=True).click()
    expect(rows.first.locator(".name")).to_have_text("Assistant 999")
    expect(page.locator("#plans thead th").first).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(rows.first.locator(".plan")).to_have_text("Advanced")
    page.get_by_role("button", name="Balance", exact=True).click()
    expect(rows.first.locator(".plan")).to_have_text("Pay as you go")
    page.get_by_role("button", name="Show all 1,000").click()
    expect(rows).to_have_count(MANY)
    expect(rows.nth(100).locator(".manage")).to_be_focused()
    expect(rows.nth(MANY - 1).locator("td").nth(2)).to_have_text("–")
    expect(page.locator("#shown")).to_have_text("1,000 apps")


def test_a_thousand_apps_take_the_browser_less_than_two_seconds(pages: Pages, watched: Watched) -> None:
    """By its own clock, which stands still while other programs run: from the address to the page at rest."""
    with watched() as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(pages["many"].as_uri())
        expect(page.locator("#find")).to_be_visible()
        metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    assert metrics["TaskDuration"] < 2


# For everybody


@pytest.mark.parametrize("account_id", ["acme", "ent", "negev", HOSTILE_ACCOUNT])
def test_nothing_is_in_the_way_of_anybody(pages: Pages, page: Page, account_id: str) -> None:
    """With a note, the menu and the panel open, in light and dark, and on a phone."""
    page.goto(pages[account_id].as_uri())
    assert axe.violations(page) == []
    if page.locator(".why").count():
        page.locator(".why").first.click()
        assert axe.violations(page) == []
        page.keyboard.press("Escape")
    page.locator(".more").first.click()
    assert axe.violations(page) == []
    page.get_by_role("menuitem", name="Manage").click()
    if page.locator(".offer").count():
        page.locator(".offer").first.click()
    for details in page.locator(".action:visible summary").all():
        details.click()
    for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert axe.violations(page) == []
        too_wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(too_wide) == 0


def test_the_pages_are_valid(pages: Pages) -> None:
    if reason := validator.why_not():
        pytest.skip(reason)
    assert validator.faults_of([path for account_id, path in pages.items() if account_id != "many"]) == []


def test_a_shared_account_s_tree_has_nothing_of_it(site: Path) -> None:
    shared = [path for path in site.glob("*/shared/**/*") if path.is_file()]
    assert shared
    assert not [path for path in shared if path.name.startswith("plan")]
    assert not [path for path in shared if path.suffix == ".html" and "plan.html" in path.read_text("utf-8")]
