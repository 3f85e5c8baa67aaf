"""A site of usage pages, and what a person reads and clicks on them."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from playwright.sync_api import Locator, Page, expect

from orchestration.console.assets import assets
from orchestration.console.reading import accounts_of
from orchestration.console.tree import Tree
from orchestration.console.usage import Usage
from reports.models import Role
from reports.names import account_folder
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


def tip(page: Page) -> dict[str, Any]:
    lines = page.locator("#usage-tip dl > div").evaluate_all(
        """all => all.map(each =>
            [each.querySelector('dt').textContent, Number(each.querySelector('data').value)])"""
    )
    return {"Date": page.locator("#usage-tip .date").inner_text(), **dict(lines)}
