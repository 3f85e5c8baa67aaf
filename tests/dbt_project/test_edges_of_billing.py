"""Edges at which a bill could be wrong: each account is one of them, worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from orchestration import dbt
from tests.dbt_project.lakes import Lake, rows


def opened(lake: Lake, account: str, day: str = "2026-01-01", kind: str = "standard") -> Lake:
    return lake.event(account, f"{day} 08:00", "account_opened", zone="UTC", currency="USD", kind=kind)


def plans(lake: Lake) -> None:
    opened(lake, "stays").event("stays", "2026-01-01 09:00", "plan_subscribed", "x", plan_id="advanced_usd")
    lake.event("stays", "2026-02-05 09:00", "plan_changed", "x", plan_id="essential_usd")
    lake.event("stays", "2026-02-15 09:00", "plan_changed", "x", plan_id="advanced_usd")
    lake.sessions("stays", "x", "2026-02-20 10:00", times=3000)

    opened(lake, "back").event("back", "2026-01-01 09:00", "plan_subscribed", "x", plan_id="essential_usd")
    lake.event("back", "2026-01-10 09:00", "plan_cancelled", "x")
    lake.event("back", "2026-01-20 09:00", "plan_subscribed", "x", plan_id="advanced_usd")
    lake.event("back", "2026-02-03 09:00", "plan_changed", "x", plan_id="essential_usd")
    lake.event("back", "2026-02-04 09:00", "plan_changed", "x", plan_id="advanced_usd")
    lake.event("back", "2026-02-05 09:00", "plan_changed", "x", plan_id="essential_usd")

    opened(lake, "trial").event("trial", "2026-01-03 09:00", "plan_subscribed", "x", plan_id="trial")
    lake.event("trial", "2026-01-03 10:00", "seats_set", "x", seats=5)
    lake.event("trial", "2026-01-08 10:00", "seats_set", "x", seats=1)
    lake.event("trial", "2026-01-12 10:00", "plan_changed", "x", plan_id="essential_usd")

    opened(lake, "half").event("half", "2026-01-01 09:00", "plan_subscribed", "x", plan_id="essential_usd")
    lake.event("half", "2026-02-15 09:00", "discount_granted", discount_kind="percent", value="50")
    lake.event("half", "2026-02-20 09:00", "plan_changed", "x", plan_id="advanced_usd")


def taxes(lake: Lake) -> None:
    opened(lake, "early", "2026-02-01")
    lake.event("early", "2026-02-01 08:01", "tax_set", tax_category="S", tax_rate="17")
    lake.event("early", "2026-02-01 08:02", "plan_subscribed", "x", plan_id="essential_usd")
    lake.sessions("early", "x", "2026-01-31 23:30")


def currencies(lake: Lake) -> None:
    """Essential in euros; in dollars from February. The plan in dollars is taken from the 1st on."""
    lake.event("euro", "2026-01-01 08:00", "account_opened", zone="UTC", currency="EUR", kind="standard")
    lake.event("euro", "2026-01-01 08:01", "plan_subscribed", "x", plan_id="essential_eur")
    lake.event("euro", "2026-01-01 08:02", "discount_granted", discount_kind="fixed", value="10")
    lake.event("euro", "2026-01-10 08:00", "currency_set", currency="USD")
    lake.event("euro", "2026-01-11 08:00", "plan_changed", "x", plan_id="essential_usd")
    lake.event("euro", "2026-02-01 08:00", "plan_changed", "x", plan_id="essential_usd")


def contracts(lake: Lake) -> None:
    for account, day in (("seats", "2026-01-01"), ("later", "2026-01-22")):
        opened(lake, account, kind="enterprise")
        lake.event(account, f"{day} 09:00", "plan_subscribed", plan_id="enterprise_usd")
        lake.event(
            account, f"{day} 09:01", "contract_price_set",
            metric="agent_seats", charge_model="per_unit", unit_price="10", minimum_spend="310",
        )  # fmt: skip
        lake.event(account, f"{day} 09:02", "app_published", "x", app_name="X")
        lake.event(account, f"{day} 09:03", "seats_set", "x", seats=8)
    lake.event("seats", "2026-01-22 09:00", "seats_set", "x", seats=9)
    opened(lake, "hasty", kind="enterprise")
    lake.event(
        "hasty", "2026-01-02 09:30", "contract_price_set",
        metric="billing_sessions", charge_model="per_unit", unit_price="0.05",
    )  # fmt: skip
    lake.event("hasty", "2026-01-02 10:00", "plan_subscribed", plan_id="enterprise_usd")


def wallets(lake: Lake) -> None:
    opened(lake, "seven").event(
        "seven", "2026-01-01 09:00", "plan_subscribed", "x", plan_id="payg_usd", event_id="7"
    )
    lake.event(
        "seven",
        "2026-01-02 09:00",
        "free_credit_granted",
        "x",
        amount="5",
        expires_after_days="9",
        event_id="7",
    )
    lake.event("seven", "2026-01-03 09:00", "order_placed", "x", order_id="7", amount="50")
    lake.event("seven", "2026-01-03 10:00", "order_cleared", "x", order_id="7")
    opened(lake, "shut").event("shut", "2026-01-01 09:00", "plan_subscribed", "x", plan_id="payg_usd")
    lake.event("shut", "2026-01-19 09:00", "order_placed", "x", order_id="o", amount="100")
    lake.event("shut", "2026-01-20 09:00", "account_closed")
    lake.event("shut", "2026-02-03 09:00", "order_cleared", order_id="o")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = Lake()
    for part in (plans, taxes, currencies, contracts, wallets):
        part(lake)
    home = lake.arrived("2026-03-10").write(tmp_path_factory.mktemp("home"))
    assert dbt.build(home).raise_if_failed().is_published
    return home


def amounts(home: Path, invoice_id: str, metric: str) -> list[str]:
    found = rows(
        home,
        "select amount from invoice_line_items"
        f" where invoice_id = '{invoice_id}' and metric = '{metric}' order by line_number",
    )
    return [f"{amount:.2f}" for (amount,) in found]


def test_a_downgrade_that_is_taken_back_leaves_the_month_whole(home: Path) -> None:
    """2,500 beyond the 500 included: 1,000 x 0.095 + 1,500 x 0.08."""
    assert amounts(home, "stays-2026-02", "usage_sessions") == ["215.00"]


def test_what_begins_with_a_month_is_charged_by_the_invoice_before_it_and_once(home: Path) -> None:
    """P4: one that came back from February, a downgrade from March that was taken back and ordered again."""
    orders = rows(
        home,
        "select strftime(order_date, '%m-%d'), order_type, order_status, amount, invoice_id from orders"
        " where account_id = 'back' and order_type != 'month' order by order_date",
    )
    assert [(*order, f"{amount:.2f}", invoice) for *order, amount, invoice in orders] == [
        ("01-01", "subscription", "completed", "99.00", "back-2026-01"),
        ("01-10", "cancellation", "cancelled", "0.00", None),
        ("01-20", "subscription", "completed", "299.00", "back-2026-01"),
        ("02-03", "plan_change", "cancelled", "0.00", None),
        ("02-04", "plan_change", "completed", "0.00", None),
        ("02-05", "plan_change", "completed", "99.00", "back-2026-02"),
    ]


def test_the_seats_of_a_trial_are_not_charged_by_the_plan_after_it(home: Path) -> None:
    """One seat for 20 of 31 days: 9.677…; then February's."""
    assert amounts(home, "trial-2026-01", "agent_seats") == ["9.68", "15.00"]


def test_an_upgrade_takes_back_what_was_paid_not_what_is_paid_now(home: Path) -> None:
    """9 of 28 days: 99 x 9/28 = 31.821… were paid without the discount, 299 x 9/28 = 96.107… are halved."""
    assert amounts(home, "half-2026-02", "base_fee") == ["-31.82", "48.05", "149.50"]


def test_the_first_rate_of_tax_holds_from_its_own_month(home: Path) -> None:
    totals = rows(home, "select subtotal, tax from invoices where invoice_id = 'early-2026-02'")
    assert totals == [(Decimal(198), Decimal("33.66"))]


def test_a_change_of_currency_loses_no_fee_and_adds_no_currencies(home: Path) -> None:
    """January's 89 EUR, less 10; then 99 USD, from which a discount in euros takes nothing."""
    found = rows(
        home, "select invoice_id, currency, subtotal from invoices where account_id = 'euro' order by 1"
    )
    assert [(name, currency, f"{subtotal:.2f}") for name, currency, subtotal in found[:2]] == [
        ("euro-2026-01", "EUR", "79.00"),
        ("euro-2026-02", "USD", "198.00"),
    ]
    refused = rows(home, "select refusal_reason from account_event_refusals where account_id = 'euro'")
    assert refused == [("plan is priced in USD, the account is in EUR",)]


def test_a_minimum_spend_on_seats_is_prorated_and_taken_once(home: Path) -> None:
    """310 for 10 of 31 days are 100; a ninth seat changes nothing below the minimum."""
    assert amounts(home, "later-2026-01", "agent_seats")[:2] == ["25.81", "74.19"]
    assert sum(map(Decimal, amounts(home, "seats-2026-01", "agent_seats"))) == 620


def test_a_contract_s_price_needs_a_contract(home: Path) -> None:
    refusals = rows(home, "select refusal_reason from account_event_refusals where account_id = 'hasty'")
    assert refusals == [("there is no contract yet: subscribe the account to one first",)]


def test_a_grant_a_plan_and_an_order_may_share_an_id(home: Path) -> None:
    kinds = rows(
        home, "select order_type from orders where account_id = 'seven' and order_id = '7' order by 1"
    )
    assert kinds == [("subscription",), ("top_up",)]
    balance = rows(home, "select paid_balance from wallets where account_id = 'seven'")
    assert balance == [(Decimal(50),)]


def test_a_top_up_that_clears_after_the_closing_is_invoiced(home: Path) -> None:
    due = rows(
        home, "select total, status from invoices where account_id = 'shut' and document_class = 'top_up'"
    )
    assert due == [(Decimal(100), "due")]
