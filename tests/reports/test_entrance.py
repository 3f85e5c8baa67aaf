"""The page at the head of a role's tree: it leads to Usage, whatever the account is called."""

import pytest

from reports import render
from reports.models import Account, Frame, Role
from tests.reports.golden_files import as_it_was
from tests.reports.html import Page


def entrance(name: str, role: Role = Role.ADMIN, locale: str = "en_US") -> str:
    account = Account("acme", name, "UTC", "USD", locale=locale)
    return render.console_page("entrance.html.jinja", Frame(account, role, "index.html"))


@pytest.mark.parametrize("role", list(Role))
def test_the_page_is_as_it_was(role: Role) -> None:
    """The same for each role, so that it tells nothing of what one may not see."""
    as_it_was("entrance", entrance("Acme", role))


def test_it_leads_to_usage_without_a_script() -> None:
    page = Page(entrance("Acme"))
    assert "usage.html" in page.addresses()
    assert "script" not in page.tags()


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "x" * 300])
def test_a_name_is_only_a_name(name: str) -> None:
    page = Page(entrance(name))
    assert page.tags().isdisjoint({"script", "img"})
    assert "Usage of" in page.text
