"""The console's Usage: a page for each account, and beside it its figures by app as data and as CSV."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
from markupsafe import Markup

from orchestration.console import usage_files
from orchestration.console.files import File, Share
from orchestration.console.reading import grouped, rows
from orchestration.console.usage_checks import check
from orchestration.console.usage_figures import AccountFigures
from orchestration.console.usage_intake import UsageIntake
from orchestration.console.usage_marts import AccountRows, UsageMarts
from reports import render
from reports.models import Account, Frame, Role
from reports.models.usage_page import UsageApp, UsagePage
from reports.usage_calendar import ZonePeriod
from reports.usage_data import page_data

PAGE = "usage.html"
TEMPLATE = "console_usage.html.jinja"
RECENT_DAYS = 90
RECENT_MONTHS = 13

_ZONES = """
select account_id, zone, first_local_date, epoch_ms(from_at) as from_ms
from int_account_zones order by account_id, from_ms
"""
_MONTHS = """
select account_id, usage_month_date, billing_sessions from usage_account_monthly
order by account_id, usage_month_date
"""
_ALWAYS = ZonePeriod("UTC", date.min, 0)


class Usage:
    """Usage pages; an account's files are made once, whoever reads them."""

    def __init__(self, _home: Path, warehouse: duckdb.DuckDBPyConnection, share: Share | None = None):
        share = share or Share.whole(warehouse)
        self._marts = UsageMarts(warehouse)
        self._intake = UsageIntake(warehouse)
        self._zones = grouped(warehouse, _ZONES, "account_id")
        self._months = grouped(warehouse, _MONTHS, "account_id")
        names = rows(warehouse, "select account_id, app_id, app_name from apps")
        self._names = {(row["account_id"], row["app_id"]): row["app_name"] or "" for row in names}
        self._order = [account.account_id for account in share.accounts]
        self._ahead: Iterator[tuple[str, AccountRows]] = iter(())
        self._made: tuple[str, UsagePage, tuple[File, ...]] | None = None

    def files(self, account: Account, role: Role) -> Iterable[File]:
        """The page, and its figures beside it; they are the same for both roles."""
        if self._made is None or self._made[0] != account.account_id:
            self._made = (account.account_id, *self._make(account))
        _, page, files = self._made
        yield File(PAGE, render.console_page(TEMPLATE, Frame(account, role, PAGE), page=page))
        yield from files

    def _make(self, account: Account) -> tuple[UsagePage, tuple[File, ...]]:
        page = UsagePage(
            account=account,
            ledgers=self._intake.ledgers(account.account_id),
            refused_events=self._intake.refused(account.account_id),
            refused_count=self._intake.refused_count(account.account_id),
        )
        found = self._rows(account.account_id)
        if found is None:
            return page, ()
        figures = AccountFigures(account, self._zones_of(account), self._apps_of(account), found)
        check(figures, self._months[account.account_id])
        return _with_figures(page, figures), tuple(usage_files.files(figures))

    def _zones_of(self, account: Account) -> tuple[ZonePeriod, ...]:
        found = self._zones.get(account.account_id, [])
        periods = (ZonePeriod(row["zone"], row["first_local_date"], row["from_ms"]) for row in found)
        return tuple(periods) or (_ALWAYS,)

    def _apps_of(self, account: Account) -> tuple[UsageApp, ...]:
        ids = self._marts.apps[account.account_id]
        return tuple(UsageApp(app_id, self._names.get((account.account_id, app_id), "")) for app_id in ids)

    def _rows(self, account_id: str) -> AccountRows | None:
        """The account's rows: read with those of the accounts after it, for they are wanted next."""
        if account_id not in self._marts.apps:
            return None
        for found_id, found in self._ahead:
            if found_id == account_id:
                return found
        self._ahead = self._marts.read(self._order[self._order.index(account_id) :])
        return next(self._ahead)[1]


def _with_figures(page: UsagePage, figures: AccountFigures) -> UsagePage:
    months = figures.months[-RECENT_MONTHS:]
    hour_files = [month.name for month in figures.months if usage_files.has_hours_apart(month)]
    return replace(
        page,
        data=Markup(page_data(figures.page_data(hour_files))),
        days=tuple(figures.recent_days(RECENT_DAYS)),
        months=tuple(month.month for month in months),
        app_months=tuple(figures.app_months(months)),
        month_totals=tuple(int(month.days.columns["billing_sessions"].sum()) for month in months),
        monthly_file=usage_files.MONTHLY,
        downloads=tuple(usage_files.downloads(figures)),
    )
