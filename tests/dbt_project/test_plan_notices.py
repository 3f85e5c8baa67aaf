"""What the console explains beside each app's plan, worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration import dbt
from tests.dbt_project.lakes import rows
from tests.dbt_project.plan_book import notices_book


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = notices_book().write(tmp_path_factory.mktemp("notices"))
    dbt.build_untested(home / dbt.WAREHOUSE, "+plan_notices")
    return home


@pytest.fixture(scope="module")
def notices(home: Path) -> dict[str | None, list[tuple[Any, ...]]]:
    """Kind, day, and whatever else a notice says, by app."""
    columns = "app_id, notice_kind, notice_date, plan_name, amount, threshold_amount, days, units, remark"
    found: dict[str | None, list[tuple[Any, ...]]] = {}
    for app, kind, day, *rest in rows(home, f"select {columns} from plan_notices order by all"):
        told = [f"{value:.2f}" if isinstance(value, Decimal) else value for value in rest]
        found.setdefault(app, []).append((kind, day, *(value for value in told if value is not None)))
    return found


Notices = dict[str | None, list[tuple[Any, ...]]]
LAPSES = date(2026, 4, 2)
"""The plan's free credit came on 2 January, for 90 days."""


def test_where_nothing_is_to_come_nothing_is_said(notices: Notices) -> None:
    assert "calm" not in notices


def test_changes_and_ends_to_come(notices: Notices) -> None:
    assert notices["down"] == [("downgrade", date(2026, 4, 1), "Essential")]
    assert notices["gone"][0] == ("cancelled", date(2026, 4, 1), "Pay as you go")
    assert notices["over"] == [("ended", date(2026, 1, 16), "Trial")]


def test_a_trial_and_what_exceeds_it(notices: Notices) -> None:
    assert notices["tried"] == [("expires", date(2026, 3, 29), "Trial"), ("trial_excess", None, 3)]


def test_extensions_asked_for_granted_and_refused(notices: Notices) -> None:
    assert notices["asked"] == [
        ("expires", date(2026, 3, 29), "Trial"), ("extension_requested", date(2026, 3, 16), 7)
    ]  # fmt: skip
    assert notices["granted"] == [
        ("expires", date(2026, 4, 3), "Trial"), ("extension_granted", date(2026, 3, 17), 5)
    ]  # fmt: skip
    assert notices["refused"] == [
        ("expires", date(2026, 3, 29), "Trial"),
        ("extension_refused", date(2026, 3, 18), 7, "tried long enough"),
    ]


def test_balances_orders_and_auto_reload(notices: Notices) -> None:
    """40 of 500 are left of the one, nothing of the other; low is below 50."""
    assert notices["low"] == [("credit_lapses", LAPSES, "40.00"), ("low_balance", None, "40.00")]
    assert notices["empty"] == [("no_balance", None, "0.00")]
    assert notices["topped"] == [
        ("auto_reload", None, "100.00", "50.00"),
        ("credit_lapses", LAPSES, "500.00"),
        ("order_pending", date(2026, 3, 18), "250.00", "o-1"),
    ]


def test_suspended_and_closed_apps(notices: Notices) -> None:
    assert ("suspended", None) in notices["off"]
    assert notices["shut"] == [
        ("cancelled", date(2026, 4, 1), "Pay as you go"), ("closed", date(2026, 3, 2))
    ]  # fmt: skip


def test_a_price_that_is_to_change(notices: Notices) -> None:
    """The list's from July on is known in March, the contract's with its event; its apps say nothing."""
    assert notices["dearer"] == [("price_change", date(2026, 7, 1))]
    assert notices[None] == [("price_change", date(2026, 5, 1))]
    assert "desk" not in notices


def test_an_app_of_a_contract_has_its_plan_and_status(home: Path) -> None:
    columns = "app_id, plan_id, status, is_under_contract, is_in_force"
    found = rows(home, f"select {columns} from app_plans where account_id = 'ent' order by 1 nulls first")
    assert found == [
        (None, "enterprise_usd", "Active", False, True),
        ("desk", "enterprise_usd", "Active", True, True),
    ]
