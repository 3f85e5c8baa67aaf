"""Enterprise contracts (P0, P7) and balances (P10) in the marts, worked out by hand."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration import dbt
from tests.dbt_project.lakes import Lake, rows

TIERS = [{"up_to": "10", "unit_price": "1", "flat_fee": "0"}, {"unit_price": "0.5", "flat_fee": "0"}]


def contract(lake: Lake, account: str, commitment: str, overage_factor: str) -> None:
    """Twelve usage sessions of two apps in May, on prices of the account's own from the 1st."""
    lake.event(account, "2026-04-01 08:00", "account_opened", zone="UTC", currency="USD", kind="enterprise")
    lake.event(account, "2026-04-01 08:01", "plan_subscribed", plan_id="enterprise_usd")
    lake.event(
        account, "2026-05-01 00:00", "contract_price_set",
        metric="usage_sessions", charge_model="graduated", tiers=json.dumps(TIERS),
    )  # fmt: skip
    lake.event(
        account, "2026-05-01 00:01", "contract_price_set",
        metric="minimum_commitment", amount=commitment, overage_factor=overage_factor,
    )  # fmt: skip
    lake.sessions(account, "east", "2026-05-10 10:00", times=8)
    lake.sessions(account, "west", "2026-05-11 10:00", times=4)


def prepaid(lake: Lake, account: str, subscribed: str, top_up: str | None = None) -> None:
    lake.event(account, f"{subscribed} 08:00", "account_opened", zone="UTC", currency="USD", kind="standard")
    lake.event(account, f"{subscribed} 08:01", "plan_subscribed", "bot", plan_id="payg_usd")
    if top_up:
        lake.event(account, "2026-05-01 08:00", "order_placed", "bot", order_id=f"o-{account}", amount=top_up)
        lake.event(account, "2026-05-01 09:00", "order_cleared", "bot", order_id=f"o-{account}")


def drawn(lake: Lake, account: str, day: date, amount: str, credit_id: str | None) -> None:
    place = len(lake.rows["wallet_draws"])
    lake.add(
        "wallet_draws", account_id=account, app_id="bot", month_date=day.replace(day=1), wallet_date=day,
        credit_id=credit_id, amount=Decimal(amount), sequence=1, place=place,
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = Lake()
    contract(lake, "below", "800", "1.5")
    contract(lake, "above", "700", "1.5")
    prepaid(lake, "free", "2026-06-01")
    drawn(lake, "free", date(2026, 6, 20), "100", "free/bot")
    prepaid(lake, "low", "2026-01-01", "60")
    drawn(lake, "low", date(2026, 6, 10), "25", None)
    prepaid(lake, "out", "2026-01-01")
    drawn(lake, "out", date(2026, 6, 29), "5", None)
    prepaid(lake, "rich", "2026-01-01", "1000")
    home = lake.arrived("2026-06-30").write(tmp_path_factory.mktemp("home"))
    assert dbt.build(home).raise_if_failed().is_published
    return home


def may(home: Path, account: str) -> list[tuple[str | None, str, str, int, str]]:
    lines = rows(
        home,
        "select app_id, line_kind, metric, quantity, amount from invoice_line_items"
        f" where invoice_id = '{account}-2026-05' and line_kind != 'fee' order by line_number",
    )
    return [(app, kind, metric, quantity, f"{amount:.2f}") for app, kind, metric, quantity, amount in lines]


def test_a_contract_is_rated_on_all_apps_together_and_shared_out_to_them(home: Path) -> None:
    """12 sessions: 10 x 1 + 2 x 0.5 = 11.00; 8/12 of it are 7.333…, 4/12 3.666…: the cent goes to the latter.

    The flat charge for voice is the account's. 761.00 of 800 are used: 39.00 are missing.
    """
    assert may(home, "below") == [
        ("east", "usage", "usage_sessions", 8, "7.33"),
        ("west", "usage", "usage_sessions", 4, "3.67"),
        (None, "usage", "voice_sessions", 1, "750.00"),
        (None, "commitment", "minimum_commitment", 1, "39.00"),
    ]


def test_usage_beyond_a_commitment_is_charged_at_its_factor(home: Path) -> None:
    """61.00 beyond 700 x (1.5 - 1)."""
    assert may(home, "above")[-1] == (None, "overage", "minimum_commitment", 1, "30.50")


def test_before_the_contract_s_price_the_plan_s_holds_and_nothing_is_committed(home: Path) -> None:
    april = rows(
        home, "select line_kind, metric from invoice_line_items where invoice_id = 'below-2026-04' order by all"
    )
    assert april == [("fee", "base_fee"), ("fee", "base_fee"), ("usage", "voice_sessions")]


def test_every_balance_its_status_and_the_days_that_it_lasts(home: Path) -> None:
    """500 of free credit for 90 days; low is below 50; the rate is that of the last 30 days."""
    found = rows(home, "select account_id, balance, balance_status, days_left from wallets order by 1")
    assert [(account, f"{balance:.2f}", status, days) for account, balance, status, days in found] == [
        ("free", "400.00", "Using free credits", 120),  # 400 at 100 in 30 days
        ("low", "35.00", "Low balance", 42),  # 35 at 25 in 30 days
        ("out", "-5.00", "Inactive", None),
        ("rich", "1000.00", "Sufficient funds", None),
    ]


def test_enterprise_accounts_have_no_orders(home: Path) -> None:
    """I5."""
    accounts = rows(home, "select distinct account_id from orders order by 1")
    assert accounts == [("free",), ("low",), ("out",), ("rich",)]
