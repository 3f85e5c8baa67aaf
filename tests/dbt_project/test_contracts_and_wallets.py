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
        funds(lake, account, "2026-05-01", "2026-05-01", top_up)


def funds(lake: Lake, account: str, placed: str, cleared: str, amount: str) -> None:
    order = {"order_id": f"o-{account}-{placed}"}
    lake.event(account, f"{placed} 08:10", "order_placed", "bot", **order, amount=amount)
    lake.event(account, f"{cleared} 09:00", "order_cleared", "bot", **order)


def drawn(
    lake: Lake, account: str, day: date, amount: str, credit_id: str | None, *, currency: str = "USD"
) -> None:
    place = len(lake.rows["wallet_draws"])
    lake.add(
        "wallet_draws", account_id=account, app_id="bot", month_date=day.replace(day=1), wallet_date=day,
        credit_id=credit_id, currency=currency, amount=Decimal(amount), sequence=1, place=place,
    )  # fmt: skip


def moved(lake: Lake) -> None:
    """Prepaid in dollars in May, in euros from June; 20 dollars were ordered before and came after."""
    prepaid(lake, "moved", "2026-05-01")
    lake.sessions("moved", "bot", "2026-05-20 10:00", times=150)
    drawn(lake, "moved", date(2026, 5, 20), "30", "free/bot")
    lake.event("moved", "2026-05-10 08:00", "currency_set", currency="EUR")
    funds(lake, "moved", "2026-05-30", "2026-06-02", "20")
    lake.event("moved", "2026-06-01 08:00", "plan_changed", "bot", plan_id="payg_eur")
    lake.event(
        "moved", "2026-06-03 08:00", "free_credit_granted", "bot", event_id="gift", amount="10",
        expires_after_days="60",
    )  # fmt: skip
    funds(lake, "moved", "2026-06-04", "2026-06-04", "25")
    lake.sessions("moved", "bot", "2026-06-10 10:00", times=100)
    drawn(lake, "moved", date(2026, 6, 10), "10", "gift", currency="EUR")
    drawn(lake, "moved", date(2026, 6, 10), "8", None, currency="EUR")


def strayed(lake: Lake) -> None:
    """In rupees from June, in which its plan has no price."""
    prepaid(lake, "strayed", "2026-05-01")
    lake.event("strayed", "2026-05-10 08:00", "currency_set", currency="INR")
    lake.sessions("strayed", "bot", "2026-06-10 10:00", times=3)


def gifted(lake: Lake) -> None:
    """A trial has no currency: what is granted during it is in the account's."""
    lake.event("gifted", "2026-06-25 08:00", "account_opened", zone="UTC", currency="EUR", kind="standard")
    lake.event("gifted", "2026-06-25 08:01", "plan_subscribed", "bot", plan_id="trial")
    lake.event(
        "gifted", "2026-06-26 08:00", "free_credit_granted", "bot", amount="5", expires_after_days="60"
    )


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
    for part in (moved, strayed, gifted):
        part(lake)
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
        home,
        "select line_kind, metric from invoice_line_items where invoice_id = 'below-2026-04' order by all",
    )
    assert april == [("fee", "base_fee"), ("fee", "base_fee"), ("usage", "voice_sessions")]


def test_every_balance_its_status_and_the_days_that_it_lasts(home: Path) -> None:
    """500 of free credit for 90 days; low is below 50; the rate is that of the last 30 days."""
    found = rows(
        home,
        "select account_id, balance, balance_status, days_left from wallets"
        " where account_id in ('free', 'low', 'out', 'rich') order by 1",
    )
    assert [(account, f"{balance:.2f}", status, days) for account, balance, status, days in found] == [
        ("free", "400.00", "Using free credits", 60),  # 400 at 100 in 30 days lapse on 30 August
        ("low", "35.00", "Low balance", 42),  # 35 at 25 in 30 days
        ("out", "-5.00", "Inactive", None),
        ("rich", "1000.00", "Sufficient funds", None),
    ]


def test_enterprise_accounts_have_no_orders(home: Path) -> None:
    """I5."""
    accounts = rows(home, "select distinct account_id from orders order by 1")
    assert {"below", "above"} & {account for (account,) in accounts} == set()
    assert ("free",) in accounts


def test_a_change_of_currency_begins_another_wallet_and_leaves_the_old_one_as_it_is(home: Path) -> None:
    """Dollars: 500 free, less 150 x 0.20, and 20 of funds. Euros: 10 free and 25 of funds, less 100 x 0.18.

    17 at 18 in the 28 days since 3 June last 26 days; the dollars are drawn no more.
    """
    found = rows(
        home,
        "select currency, is_current, free_balance, paid_balance, balance, balance_status, days_left"
        " from wallets where account_id = 'moved' order by 1",
    )
    assert [(name, now, *map(str, amounts), status, days) for name, now, *amounts, status, days in found] == [
        ("EUR", True, "0.0000", "17.0000", "17.0000", "Low balance", 26),
        ("USD", False, "470.0000", "20.0000", "490.0000", "Sufficient funds", None),
    ]


def test_statements_of_two_currencies_are_apart(home: Path) -> None:
    statements = rows(
        home,
        "select currency, statement_month, opening_balance, free_credit_amount, top_up_amount, draw_amount,"
        " closing_balance from wallet_statements where account_id = 'moved'",
    )
    assert [
        (name, month.month, *(f"{amount:.2f}" for amount in rest)) for name, month, *rest in statements
    ] == [
        ("EUR", 6, "0.00", "10.00", "25.00", "-18.00", "17.00"),
        ("USD", 5, "0.00", "500.00", "0.00", "-30.00", "470.00"),
        ("USD", 6, "470.00", "0.00", "20.00", "0.00", "490.00"),
    ]


def test_usage_is_rated_for_the_wallet_of_its_month_s_currency(home: Path) -> None:
    ratings = rows(
        home,
        "select month_date, currency, max(amount) from int_wallet_ratings where account_id = 'moved'"
        " group by all order by 1",
    )
    assert ratings == [
        (date(2026, 5, 1), "USD", Decimal("30.0000")),
        (date(2026, 6, 1), "EUR", Decimal("18.0000")),
    ]


def test_a_plan_without_a_price_in_the_new_currency_rates_nothing_and_draws_nothing(home: Path) -> None:
    unrated = rows(home, "select quantity, unrated_reason from unrated_usage where account_id = 'strayed'")
    assert unrated == [(3, "priced in another currency than the account's")]
    wallets = rows(home, "select currency, is_current, balance from wallets where account_id = 'strayed'")
    assert wallets == [("USD", False, Decimal(500))]


def test_what_is_granted_on_a_trial_is_in_the_account_s_currency(home: Path) -> None:
    wallets = rows(home, "select currency, is_current, balance from wallets where account_id = 'gifted'")
    assert wallets == [("EUR", True, Decimal(5))]


def test_a_prepaid_app_is_active_as_long_as_its_current_wallet_has_something(home: Path) -> None:
    """P10. What `strayed` has in dollars pays for nothing any more; a contract's apps have its status."""
    assert dict(rows(home, "select account_id || '/' || app_id, status from app_statuses")) == {
        "above/east": "Active",
        "above/west": "Active",
        "below/east": "Active",
        "below/west": "Active",
        "free/bot": "Active",
        "gifted/bot": "Trial",
        "low/bot": "Active",
        "moved/bot": "Active",
        "out/bot": "Inactive",
        "rich/bot": "Active",
        "strayed/bot": "Inactive",
    }
