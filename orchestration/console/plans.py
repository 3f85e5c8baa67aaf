"""The console's Plan: every app with its plan, what it could have, and the commands that ask for it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb

from orchestration.book.types import EventType, event_types
from orchestration.console.files import File, Share
from orchestration.console.plan_marts import PlanMarts
from reports import render
from reports.commands import BookCommand
from reports.models import Account, Frame, Role
from reports.models.plan_page import PlanPage
from reports.plan_data import plain_commands, plan_data

PAGE = "plan.html"
TEMPLATE = "console_plan.html.jinja"

ASKED: dict[str, tuple[str, ...]] = {
    "plan_subscribed": ("plan_id",),
    "plan_changed": ("plan_id",),
    "plan_cancelled": (),
    "order_placed": ("order_id", "amount"),
    "extension_requested": ("days",),
    "seats_set": ("seats",),
    "owner_changed": ("owner_id",),
}
"""What an admin can ask for on the page, with the particulars that the page asks for."""


class Plans:
    """Plan pages, for admins alone: a shared account's tree has nothing of them (doc)."""

    def __init__(self, _home: Path, warehouse: duckdb.DuckDBPyConnection, _share: Share | None = None):
        self._marts = PlanMarts(warehouse)
        self._commands = tuple(book_commands())

    def files(self, account: Account, role: Role) -> Iterable[File]:
        """One page."""
        if role is not Role.ADMIN:
            return
        page = self._page(account)
        data = plan_data(page, self._commands)
        frame = Frame(account, role, PAGE)
        yield File(PAGE, render.console_page(TEMPLATE, frame, page=page, data=data))

    def _page(self, account: Account) -> PlanPage:
        return PlanPage(
            account=account,
            apps=self._marts.apps(account.account_id),
            judged_on=self._marts.judged_on.get(account.account_id),
            balances=self._marts.balances(account.account_id),
            expected=self._marts.expected(account.account_id),
            plain_commands=tuple(plain_commands(account, self._commands)),
        )


def book_commands() -> Iterator[BookCommand]:
    """The book's commands that the page offers; a contract's belong to the account and take no app."""
    types = event_types()
    for name, fields in ASKED.items():
        event_type = types[name]
        if event_type.app_rule != "none":
            yield _command(event_type, fields, takes_app=True)
        if event_type.app_rule == "optional":
            yield _command(event_type, fields, takes_app=False)
    reload = types["auto_reload_set"]
    yield BookCommand(reload.name, reload.command, takes_app=True, fields=("threshold", "amount"), is_on=True)
    yield BookCommand(reload.name, reload.command, takes_app=True, is_on=False)


def _command(event_type: EventType, fields: tuple[str, ...], *, takes_app: bool) -> BookCommand:
    return BookCommand(event_type.name, event_type.command, takes_app, fields)
