"""Figures whose parts do not add up are not published."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from orchestration.console.usage_figures import AccountFigures
from reports.models import FiguresDisagreeError, next_month
from reports.usage_data import AGENTS, COUNTS


def check(figures: AccountFigures, months: Iterable[dict[str, Any]]) -> None:
    """Refuses days that are not the sum of their apps (R11, R16), hours and months that are not the days'."""
    totals, days = figures.rows.totals, figures.rows.days
    whose = figures.account.account_id
    for name in (*COUNTS, AGENTS):
        of_account = _by_day(totals.at - totals.at[0], totals.columns[name], figures.size)
        if not np.array_equal(_by_day(days.at - totals.at[0], days.columns[name], figures.size), of_account):
            raise FiguresDisagreeError(f"{name} of {whose}: its days are not the sum of its apps")
        if name != AGENTS and figures.rows.hours.columns[name].sum() != of_account.sum():
            raise FiguresDisagreeError(f"{name} of {whose}: its hours are not those of its days")
    for row in months:
        _check_month(figures, row)


def _by_day(days: np.ndarray, counts: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(days, weights=counts, minlength=size)


def _check_month(figures: AccountFigures, row: dict[str, Any]) -> None:
    month, whose = row["usage_month_date"], figures.account.account_id
    start = max(0, (month - figures.first).days)
    end = (next_month(month) - figures.first).days
    added = int(figures.totals["billing_sessions"][start : max(end, 0)].sum())
    if added != row["billing_sessions"]:
        raise FiguresDisagreeError(
            f"billing_sessions of {whose}, {month:%Y-%m}: {row['billing_sessions']} in all, {added} by day"
        )
