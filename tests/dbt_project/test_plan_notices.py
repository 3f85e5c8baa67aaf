"""What the console explains beside each app's plan, worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration import dbt
from tests.dbt_project.lakes import Lake, rows

STARTED = "2026-01-02 08:00"
APPS = (
    "calm", "dearer", "down", "gone", "tried", "over", "asked", "granted", "refused", "low", "empty",
    "topped", "off", "shut",
)  # fmt: skip


def the_book() -> Lake:
    """An account on 20 March 2026 whose apps each have something to say."""
    lake = Lake()
    lake.event("acme", "2026-01-01 08:00", "account_opened", zone="UTC", currency="USD")
    for app in APPS:
        lake.event("acme", "2026-01-01 08:01", "app_published", app, app_name=app.title())
    subscriptions(lake)
    wallets(lake)
    lake.event("ent", "2026-01-01 08:00", "account_opened", zone="UTC", currency="USD", kind="enterprise")
    lake.event("ent", "2026-01-01 08:01", "app_published", "desk")
    lake.event("ent", STARTED, "plan_subscribed", plan_id="enterprise_usd")
    lake.event(
        "ent", "2026-03-02 08:00", "contract_price_set",
        metric="usage_sessions", charge_model="per_unit", unit_price="0.05", effective_date="2026-05-01",
    )  # fmt: skip
    return lake.arrived("2026-03-20")


def subscriptions(lake: Lake) -> None:
    for app in ("gone", "off", "shut"):
        lake.event("acme", STARTED, "plan_subscribed", app, plan_id="payg_usd")
    for app in ("calm", "down"):
        lake.event("acme", STARTED, "plan_subscribed", app, plan_id="advanced_usd")
    lake.event("acme", STARTED, "plan_subscribed", "dearer", plan_id="essential_usd")
    lake.event("acme", "2026-03-02 08:00", "plan_changed", "down", plan_id="essential_usd")
    lake.event("acme", "2026-03-02 08:00", "plan_cancelled", "gone")
    lake.event("acme", "2026-03-02 08:00", "app_suspended", "off")
    lake.event("acme", "2026-03-02 08:00", "app_closed", "shut")
    for app in ("tried", "asked", "granted", "refused"):
        lake.event("acme", "2026-03-15 08:00", "plan_subscribed", app, plan_id="trial")
    lake.event("acme", STARTED, "plan_subscribed", "over", plan_id="trial")
    for app in ("asked", "granted", "refused"):
        lake.event("acme", "2026-03-16 08:00", "extension_requested", app, days="7")
    lake.event("acme", "2026-03-17 08:00", "extension_granted", "granted", days="5")
    lake.event("acme", "2026-03-18 08:00", "extension_refused", "refused", reason="tried long enough")
    lake.sessions("acme", "tried", "2026-03-16 10:00", times=2003)


def wallets(lake: Lake) -> None:
    for app in ("low", "empty", "topped"):
        lake.event("acme", STARTED, "plan_subscribed", app, plan_id="payg_usd")
    drawn(lake, "low", date(2026, 3, 19), "460", "free/low")
    drawn(lake, "empty", date(2026, 3, 19), "500", "free/empty")
    lake.event("acme", "2026-03-18 08:00", "order_placed", "topped", order_id="o-1", amount="250")
    lake.event(
        "acme", "2026-03-18 08:00", "auto_reload_set", "topped", is_on="true", threshold="50", amount="100"
    )


def drawn(lake: Lake, app: str, day: date, amount: str, credit_id: str) -> None:
    lake.add(
        "wallet_draws", account_id="acme", app_id=app, month_date=day.replace(day=1), wallet_date=day,
        credit_id=credit_id, currency="USD", amount=Decimal(amount), sequence=1,
        place=len(lake.rows["wallet_draws"]),
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = the_book().write(tmp_path_factory.mktemp("notices"))
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
