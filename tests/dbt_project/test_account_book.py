"""The account's book: what its fold refuses and what it makes of the rest, worked out by hand."""

from __future__ import annotations

import random
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from orchestration import dbt
from tests.dbt_project.lakes import Lake, at, rows

READ = (
    "plan_states account_profiles sellers account_roles auto_reloads apps account_event_refusals"
    " int_subscription_periods int_seats_by_change int_discounts int_contract_prices int_contract_price_tiers"
    " int_commitments_set int_orders int_credits int_payments int_credit_notes_requested"
    " int_extension_requests"
)


class Book(Lake):
    """A lake whose refused events say what they are refused for."""

    def __init__(self) -> None:
        super().__init__()
        self.reasons: dict[tuple[str, str], str] = {}

    def opened(self, account: str, when: str = "2026-01-01 00", **values: Any) -> Book:
        """An account in UTC and USD with one app, unless it says otherwise."""
        given = {"zone": "UTC", "currency": "USD", "kind": "standard", **values}
        self.event(account, when, "account_opened", **given)
        self.event(account, when, "app_published", "a", event_id="published", app_name="A")
        return self

    def refused(
        self, reason: str, account: str, when: str, event_type: str, app: str | None = None, /, **values: Any
    ) -> Book:
        """An event that must be refused for this reason."""
        event_id = values.pop("event_id", f"bad-{len(self.rows['account_events']):04d}")
        self.reasons[account, event_id] = reason
        self.event(account, when, event_type, app, event_id=event_id, **values)
        return self


def values(book: Book) -> None:
    """What an event alone is refused for."""
    book.opened("val")
    day = "2026-01-02 10"
    no_amount = "amount is not an amount above zero with at most 6 decimal places"
    book.refused("app_id is missing", "val", day, "seats_set", seats=1)
    book.refused("seats is missing", "val", day, "seats_set", "a")
    book.refused("seats is not a whole number", "val", day, "seats_set", "a", seats="2.5")
    book.refused("zone is not an IANA zone", "val", day, "zone_set", zone="Mars/Olympus")
    book.refused("currency is not known", "val", day, "currency_set", currency="XXX")
    book.refused("plan is not known", "val", day, "plan_subscribed", "a", plan_id="gold")
    book.refused("plan_id is missing", "val", day, "plan_subscribed", "a")
    book.refused("tax_rate is not a percentage", "val", day, "tax_set", tax_rate="101")
    book.refused("role is not one of admin, shared", "val", day, "role_granted", user_id="u", role="king")
    book.refused(
        "inactivity_minutes is not a whole number between 5 and 20160",
        "val", day, "inactivity_minutes_set", "a", inactivity_minutes=4,
    )  # fmt: skip
    for amount in ("0", "0.000000", "-1", "1e3", "1.0000001", "ten", ".5", "1234567890123", "NaN"):
        book.refused(no_amount, "val", day, "order_placed", "a", order_id="o", amount=amount)
    book.refused("is_on is neither true nor false", "val", day, "auto_reload_set", "a", is_on="maybe")
    book.refused("threshold or amount is missing", "val", day, "auto_reload_set", "a", is_on=True)
    book.refused(
        "days is not a whole number of days between 1 and 9999",
        "val", day, "extension_requested", "a", days=0,
    )  # fmt: skip
    for when in ("2026-02-30", "tomorrow", "20260301"):
        book.refused(
            "expires_date is not a date such as 2026-03-01",
            "val", day, "free_credit_granted", "a", amount="5", expires_date=when,
        )  # fmt: skip
    book.refused(
        "expires_date and expires_after_days exclude each other",
        "val", day, "free_credit_granted", "a", amount="5", expires_date="2027-01-01", expires_after_days=3,
    )  # fmt: skip
    discount = {"discount_kind": "percent", "value": "10", "from_date": "2026-02-01"}
    for more, reason in (
        ({"until_date": "2026-02-01"}, "until_date is not after from_date"),
        ({"value": "100.5"}, "value is not a percentage"),
        ({"value": "0.00001"}, "value is not a percentage"),
        ({"discount_kind": "half"}, "discount_kind is not one of percent, fixed"),
        (
            {"discount_kind": "fixed", "metric": "base_fee"},
            "a fixed discount is taken from the whole invoice: it has no app and no metric",
        ),
    ):
        book.refused(reason, "val", day, "discount_granted", **{**discount, **more})


def contract_values(book: Book) -> None:
    """What a contract price alone is refused for."""
    book.opened("con", kind="enterprise")
    wrong_tiers = "tiers is not a list of up_to, unit_price, flat_fee whose up_to rises to a last without one"
    price = {"metric": "usage_sessions", "charge_model": "per_unit", "unit_price": "0.05"}
    for more, reason in (
        ({"charge_model": None}, "charge_model is missing"),
        ({"unit_price": None}, "unit_price is missing"),
        ({"charge_model": "package"}, "package_size is missing"),
        ({"charge_model": "volume"}, "tiers is missing"),
        ({"charge_model": "volume", "tiers": "[]"}, wrong_tiers),
        ({"charge_model": "volume", "tiers": "{}"}, wrong_tiers),
        ({"charge_model": "volume", "tiers": [{"up_to": 10, "unit_price": "1"}]}, wrong_tiers),
        ({"charge_model": "volume", "tiers": [{"unit_price": "cheap"}]}, wrong_tiers),
        (
            {
                "charge_model": "volume",
                "tiers": [{"up_to": 9, "unit_price": 1}, {"up_to": 9, "unit_price": 1}, {"unit_price": 1}],
            },
            wrong_tiers,
        ),
        ({"minimum_spend": "5", "maximum_spend": "4"}, "minimum_spend is above maximum_spend"),
        ({"metric": "minimum_commitment"}, "amount is missing"),
    ):
        given = {name: value for name, value in {**price, **more}.items() if value is not None}
        book.refused(reason, "con", "2026-01-02 10", "contract_price_set", **given)


def lives(book: Book) -> None:
    """Accounts and apps that open, pause and close."""
    book.opened("life")
    book.refused("account is already open", "life", "2026-01-02 10", "account_opened", zone="Asia/Tokyo")
    book.refused("app is already published", "life", "2026-01-02 10", "app_published", "a")
    book.refused("app is not published", "life", "2026-01-02 10", "seats_set", "typo", seats=1)
    book.event("life", "2026-01-03 10", "app_suspended", "a")
    book.refused("app is already suspended", "life", "2026-01-03 11", "app_suspended", "a")
    book.event("life", "2026-01-04 10", "app_published", "a", app_name="B")
    book.event("life", "2026-01-05 10", "plan_subscribed", "a", plan_id="essential_usd")
    book.event("life", "2026-01-20 10", "app_closed", "a")
    book.refused("app is closed", "life", "2026-01-20 11", "app_suspended", "a")
    book.refused("app is already closed", "life", "2026-01-20 12", "app_closed", "a")
    book.refused("app is closed", "life", "2026-01-21 10", "plan_changed", "a", plan_id="advanced_usd")
    book.event("life", "2026-04-01 10", "app_published", "a")
    book.refused("there is no subscription", "life", "2026-04-01 11", "plan_cancelled", "a")
    book.event("life", "2026-04-02 10", "plan_subscribed", "a", plan_id="advanced_usd")
    book.event("life", "2026-04-03 10", "app_published", "b").event(
        "life", "2026-04-03 10", "app_suspended", "b"
    )
    book.event("life", "2026-05-10 10", "account_closed")
    book.refused("account is already closed", "life", "2026-05-11 10", "account_closed")
    book.refused("account is closed", "life", "2026-05-11 10", "seats_set", "a", seats=3)
    book.refused("account is closed", "life", "2026-05-11 10", "account_opened")
    book.event("life", "2026-05-12 10", "payment_recorded", payment_id="p", invoice_number="1", amount="9.99")
    book.event("logs", "2026-01-02 10", "seats_set", "seen-in-logs", seats=4)


def kinds(book: Book) -> None:
    """What an account's kind keeps it from."""
    book.opened("big", kind="enterprise").opened("small")
    day = "2026-01-02 10"
    no_wallets = "an Enterprise account has no wallets, it adds no funds"
    book.refused(no_wallets, "big", day, "order_placed", "a", order_id="o", amount="100")
    book.refused(no_wallets, "big", day, "free_credit_granted", "a", amount="100")
    book.refused(
        "an Enterprise account has its contract, its apps have no plans of their own",
        "big", day, "plan_subscribed", "a", plan_id="essential_usd",
    )  # fmt: skip
    book.refused(
        "an Enterprise contract belongs to the account, not to an app",
        "big", day, "plan_subscribed", "a", plan_id="enterprise_usd",
    )  # fmt: skip
    book.refused(
        "an Enterprise plan is for Enterprise accounts",
        "small", day, "plan_subscribed", plan_id="enterprise_usd",
    )  # fmt: skip
    book.refused(
        "app_id is missing: this plan belongs to an app",
        "small", day, "plan_subscribed", plan_id="payg_usd",
    )  # fmt: skip
    book.refused(
        "contract prices are for Enterprise accounts",
        "small", day, "contract_price_set", metric="usage_sessions", charge_model="flat", unit_price=1,
    )  # fmt: skip
    book.refused(
        "there is no contract yet: subscribe the account to one first",
        "big", "2026-01-02 10", "contract_price_set",
        metric="usage_sessions", charge_model="flat", unit_price=1,
    )  # fmt: skip
    book.refused(
        "a contract is rated on all apps together: its discount has no app",
        "big", "2026-01-02 10", "discount_granted", "a", discount_kind="percent", value="5",
    )  # fmt: skip
    book.event("big", "2026-01-03 10", "plan_subscribed", plan_id="enterprise_usd")
    book.event("big", "2026-01-03 11", "seats_set", "a", seats=40)
    price = {"charge_model": "per_unit", "unit_price": "0.050000"}
    usage = {"metric": "usage_sessions", **price}
    book.refused(
        "the plan prices the parts of billing_sessions",
        "big", "2026-01-04 10", "contract_price_set", **{**usage, "metric": "billing_sessions"},
    )  # fmt: skip
    book.event("big", "2026-01-04 10", "contract_price_set", event_id="p1", **usage)
    book.refused(
        "event_id is already used",
        "big", "2026-01-05 10", "contract_price_set", event_id="p1", **usage,
    )  # fmt: skip
    book.event(
        "big", "2026-01-06 10", "contract_price_set", event_id="p2", metric="usage_sessions",
        charge_model="graduated", effective_date="2026-03-01", included_units=100,
        tiers=[{"up_to": "1000", "unit_price": "0.04"}, {"unit_price": "0.03", "flat_fee": "25"}],
    )  # fmt: skip
    for event_id, amount in (("c1", "1000"), ("c2", "2000")):
        book.event(
            "big", "2026-02-01 10", "contract_price_set", event_id=event_id, metric="minimum_commitment",
            amount=amount, overage_factor="1.2",
        )  # fmt: skip


def trials(book: Book) -> None:
    """Trials that end, are extended, are left."""
    tokyo = {"zone": "Asia/Tokyo", "currency": "JPY"}
    book.opened("try", **tokyo)
    book.refused("there is no subscription", "try", "2026-03-01 10", "extension_requested", "a", days=7)
    # 20:00 UTC is the next day in Tokyo: the trial runs from the 2nd and is over on the 16th.
    book.event("try", "2026-03-01 20", "plan_subscribed", "a", plan_id="trial")
    book.event("try", "2026-03-02 10", "seats_set", "a", seats=2)
    book.event("try", "2026-03-10 10", "extension_requested", "a", event_id="ask-1", days=14)
    book.refused(
        "a request for an extension is open already",
        "try", "2026-03-10 11", "extension_requested", "a", days=7,
    )  # fmt: skip
    book.event("try", "2026-03-11 10", "extension_refused", "a", reason="too long")
    no_request = "there is no open request for an extension"
    book.refused(no_request, "try", "2026-03-11 11", "extension_granted", "a", days=7)
    book.refused(no_request, "try", "2026-03-11 11", "extension_refused", "a")
    book.event("try", "2026-03-12 10", "extension_requested", "a", event_id="ask-2", days=7)
    book.event("try", "2026-03-13 10", "extension_granted", "a", days=5)
    book.event("try", "2026-03-15 14", "extension_requested", "a", event_id="ask-3", days=30)
    # 15:00 UTC of the 20th is the 21st in Tokyo, and the trial is over.
    over = "the plan ended on 2026-03-21"
    book.refused(over, "try", "2026-03-20 15", "extension_granted", "a", days=30)
    book.refused(over, "try", "2026-03-20 15", "extension_requested", "a", days=30)
    book.refused(over, "try", "2026-03-20 15", "plan_changed", "a", plan_id="essential_jpy")
    book.refused("the app has had its trial", "try", "2026-03-20 15", "plan_subscribed", "a", plan_id="trial")
    book.opened("leave").event("leave", "2026-03-01 10", "plan_subscribed", "a", plan_id="trial")
    book.event("leave", "2026-03-05 10", "plan_changed", "a", plan_id="payg_usd")
    book.refused("plan does not expire", "leave", "2026-03-06 10", "extension_requested", "a", days=1)
    book.refused(
        "a trial only starts a subscription",
        "leave", "2026-03-06 10", "plan_changed", "a", plan_id="trial",
    )  # fmt: skip
    book.opened("stop").event("stop", "2026-03-25 10", "plan_subscribed", "a", plan_id="trial")
    book.event("stop", "2026-03-26 10", "extension_requested", "a", event_id="ask", days=7)
    book.event("stop", "2026-03-27 10", "plan_cancelled", "a")
    book.refused(no_request, "stop", "2026-03-28 10", "extension_granted", "a", days=7)
    book.refused(
        "the subscription is cancelled already",
        "stop", "2026-03-28 10", "extension_requested", "a", days=7,
    )  # fmt: skip


def changes(book: Book) -> None:
    """Upgrades, downgrades, seats in use, currencies."""
    book.opened("chg").event("chg", "2026-02-10 10", "plan_subscribed", "a", plan_id="essential_usd")
    book.refused(
        "the plan is in force already",
        "chg", "2026-02-11 10", "plan_changed", "a", plan_id="essential_usd",
    )  # fmt: skip
    book.refused(
        "plan is priced in EUR, the account is in USD",
        "chg", "2026-02-11 10", "plan_changed", "a", plan_id="advanced_eur",
    )  # fmt: skip
    book.event("chg", "2026-02-12 10", "seats_set", "a", seats=3)
    book.event("chg", "2026-02-20 10", "plan_changed", "a", plan_id="advanced_usd")
    seats = "the plan has no agents, the app has 3: set its seats to 0 first"
    book.refused(seats, "chg", "2026-03-01 10", "plan_changed", "a", plan_id="payg_usd")
    book.event("chg", "2026-03-02 10", "seats_set", "a", seats=0)
    book.event("chg", "2026-03-03 10", "plan_changed", "a", plan_id="payg_usd")
    book.refused(
        "the change to this plan is to come already", "chg", "2026-03-04 10", "plan_changed", "a",
        plan_id="payg_usd",
    )  # fmt: skip
    book.refused("the plan has no agents", "chg", "2026-03-04 10", "seats_set", "a", seats=1)
    book.event("chg", "2026-04-10 10", "plan_cancelled", "a")
    book.refused("the subscription is cancelled already", "chg", "2026-04-11 10", "plan_cancelled", "a")
    book.opened("back").event("back", "2026-02-10 10", "plan_subscribed", "a", plan_id="advanced_usd")
    book.event("back", "2026-02-11 10", "plan_changed", "a", plan_id="essential_usd")
    book.event("back", "2026-02-12 10", "plan_changed", "a", plan_id="advanced_usd")
    book.refused(
        "there is a subscription already",
        "back", "2026-02-13 10", "plan_subscribed", "a", plan_id="payg_usd",
    )  # fmt: skip
    book.event("back", "2026-06-10 10", "plan_changed", "a", plan_id="payg_usd")


def wallets(book: Book) -> None:
    """Funds, credits, orders and what becomes of them."""
    book.opened("pay").event("pay", "2026-02-10 10", "app_published", "std")
    order = {"order_id": "o1", "amount": "100.00"}
    book.refused("there is no subscription", "pay", "2026-02-10 11", "order_placed", "a", **order)
    book.event("pay", "2026-02-11 10", "plan_subscribed", "std", plan_id="essential_usd")
    book.event("pay", "2026-02-11 10", "plan_subscribed", "a", plan_id="payg_usd")
    not_prepaid = "the plan of the app is not prepaid"
    book.refused(not_prepaid, "pay", "2026-02-12 10", "order_placed", "std", **order)
    book.refused(not_prepaid, "pay", "2026-02-12 10", "free_credit_granted", "std", amount="5")
    bounds = "amount is not between 20.00 and 10000.00 USD"
    book.refused(bounds, "pay", "2026-02-12 10", "order_placed", "a", order_id="o1", amount="19.99")
    book.refused(bounds, "pay", "2026-02-12 10", "order_placed", "a", order_id="o1", amount="10000.01")
    book.refused("there is no such order", "pay", "2026-02-12 11", "order_cleared", order_id="o1")
    book.event("pay", "2026-02-13 10", "order_placed", "a", payment_method="card", **order)
    book.refused("order_id is already used", "pay", "2026-02-13 11", "order_placed", "a", **order)
    book.event("pay", "2026-02-14 10", "order_cleared", order_id="o1")
    for event_type in ("order_cleared", "order_failed", "order_cancelled"):
        book.refused("the order is cleared already", "pay", "2026-02-15 10", event_type, order_id="o1")
    for order_id, event_type in (("o2", "order_failed"), ("o3", "order_cancelled"), ("o4", None)):
        book.event("pay", "2026-02-16 10", "order_placed", "a", order_id=order_id, amount="20")
        if event_type:
            book.event("pay", "2026-02-17 10", event_type, order_id=order_id)
    book.event(
        "pay", "2026-02-18 10", "free_credit_granted", "a", event_id="cr", amount=7, expires_after_days=10
    )
    book.refused(
        "event_id is already used",
        "pay", "2026-02-19 10", "free_credit_granted", "a", event_id="cr", amount=7,
    )  # fmt: skip
    book.event("pay", "2026-02-18 10", "auto_reload_set", "a", is_on=True, threshold="10", amount="50")
    book.event("pay", "2026-02-19 10", "auto_reload_set", "a", is_on=False)


def people(book: Book) -> None:
    """Roles, payments, profiles, sellers, discounts."""
    book.opened("who")
    role = {"user_id": "ann", "role": "admin"}
    book.refused("role is not granted", "who", "2026-01-02 10", "role_revoked", **role)
    book.event("who", "2026-01-03 10", "role_granted", by="root", **role)
    book.refused("role is already granted", "who", "2026-01-04 10", "role_granted", **role)
    book.event("who", "2026-01-04 10", "role_granted", user_id="bob", role="shared")
    book.event("who", "2026-01-05 10", "role_revoked", user_id="bob", role="shared")
    book.refused("role is not granted", "who", "2026-01-06 10", "role_revoked", user_id="bob", role="shared")
    book.event("who", "2026-01-05 10", "owner_changed", "a", owner_id="ann")
    payment = {"payment_id": "p1", "invoice_number": "Q-2026-1", "amount": "12.50"}
    book.refused("payment is not recorded", "who", "2026-02-01 10", "payment_reversed", payment_id="p1")
    book.event("who", "2026-02-02 10", "payment_recorded", method="wire", **payment)
    book.refused("payment is already recorded", "who", "2026-02-03 10", "payment_recorded", **payment)
    book.event("who", "2026-02-04 10", "payment_reversed", payment_id="p1")
    book.refused("payment is already recorded", "who", "2026-02-05 10", "payment_recorded", **payment)
    book.refused("payment is already reversed", "who", "2026-02-06 10", "payment_reversed", payment_id="p1")
    book.event("who", "2026-01-02 10", "billing_profile_set", legal_name="Who Ltd", tax_id="T1", email="a@b")
    book.event("who", "2026-01-03 10", "billing_profile_set", legal_name="Who GmbH", email="")
    book.event(
        "who", "2026-01-03 10", "seller_set", seller_id="qh-eu", legal_name="QH EU", zone="Europe/Berlin",
        payment_terms_days=14,
    )  # fmt: skip
    book.event(
        "who", "2026-01-05 10", "discount_granted", event_id="d1", discount_kind="percent", value="12.5"
    )
    book.event(
        "who", "2026-01-05 10", "discount_granted", event_id="d2", discount_kind="fixed", value="30",
        from_date="2026-02-01", until_date="2026-05-01",
    )  # fmt: skip
    book.event(
        "who", "2026-01-06 10", "discount_granted", "a", event_id="d3", discount_kind="percent", value="5",
        metric="voice_sessions", from_date="2026-02-01",
    )  # fmt: skip
    book.event(
        "who", "2026-03-01 10", "credit_note_requested", event_id="cn", invoice_number="Q-2026-1",
        amount="2.50", reason="goodwill", by="root",
    )  # fmt: skip


PARTS = (values, contract_values, lives, kinds, trials, changes, wallets, people)


def whole_book() -> Book:
    book = Book()
    for part in PARTS:
        part(book)
    book.arrived("2026-06-15")
    return book


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folded(whole_book().write(tmp_path_factory.mktemp("book")))


def folded(home: Path) -> Path:
    """Builds what is read here of a home's marts."""
    dbt.build_untested(home / dbt.WAREHOUSE, " ".join(f"+{model}" for model in READ.split()))
    return home


def test_each_event_that_conflicts_is_refused_with_its_reason_and_no_other(home: Path) -> None:
    found = rows(home, "select account_id, event_id, refusal_reason from account_event_refusals")
    assert {(account, event): reason for account, event, reason in found} == whole_book().reasons


def periods(home: Path, account: str) -> list[tuple[Any, ...]]:
    return rows(
        home,
        "select plan_id, from_date, until_date from int_subscription_periods"
        f" where account_id = '{account}' order by from_date",
    )


FOR_EVER = date(9999, 12, 31)


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        # Closed in January, the app is without a plan from February on, also once it is published again.
        ("life", [("essential_usd", date(2026, 1, 5), date(2026, 2, 1)),
                  ("advanced_usd", date(2026, 4, 2), date(2026, 6, 1))]),
        # 14 days from the 2nd, 5 more granted.
        ("try", [("trial", date(2026, 3, 2), date(2026, 3, 21))]),
        ("leave", [("trial", date(2026, 3, 1), date(2026, 3, 5)), ("payg_usd", date(2026, 3, 5), FOR_EVER)]),
        # Cancelled, a trial ends with the month or by itself, whichever is first.
        ("stop", [("trial", date(2026, 3, 25), date(2026, 4, 1))]),
        ("chg", [("essential_usd", date(2026, 2, 10), date(2026, 2, 20)),
                 ("advanced_usd", date(2026, 2, 20), date(2026, 4, 1)),
                 ("payg_usd", date(2026, 4, 1), date(2026, 5, 1))]),
        # A change to the plan in force takes the downgrade back.
        ("back", [("advanced_usd", date(2026, 2, 10), date(2026, 7, 1)),
                  ("payg_usd", date(2026, 7, 1), FOR_EVER)]),
        ("big", [("enterprise_usd", date(2026, 1, 3), FOR_EVER)]),
    ],
)  # fmt: skip
def test_a_plan_runs_until_the_next_one_its_expiry_or_the_closing(
    home: Path, account: str, expected: list[tuple[Any, ...]]
) -> None:
    assert periods(home, account) == expected


def test_the_state_of_a_plan_is_that_of_the_last_day(home: Path) -> None:
    states = rows(
        home,
        "select account_id, app_id, plan_id, status, expires_date, next_plan_id, next_date from plan_states"
        " where account_id in ('life', 'try', 'leave', 'stop', 'chg', 'back', 'big', 'who')"
        " order by account_id, app_id nulls first",
    )
    assert states == [
        ("back", "a", "advanced_usd", "Active", None, "payg_usd", date(2026, 7, 1)),
        ("big", None, "enterprise_usd", "Active", None, None, None),
        ("big", "a", None, "Inactive", None, None, None),
        ("chg", "a", "payg_usd", "Cancelled", date(2026, 5, 1), None, None),
        ("leave", "a", "payg_usd", "Active", None, None, None),
        ("life", "a", "advanced_usd", "Closed", date(2026, 6, 1), None, None),
        ("life", "b", None, "Closed", None, None, None),
        ("stop", "a", "trial", "Inactive", date(2026, 4, 1), None, None),
        ("try", "a", "trial", "Inactive", date(2026, 3, 21), None, None),
        ("who", "a", None, "Inactive", None, None, None),
    ]


def test_requests_for_an_extension_are_answered_or_lapse(home: Path) -> None:
    requests = rows(
        home,
        "select account_id, request_id, status, requested_days, granted_days, refused_because"
        " from int_extension_requests order by all",
    )
    assert requests == [
        ("stop", "ask", "lapsed", 7, None, None),
        ("try", "ask-1", "refused", 14, None, "too long"),
        ("try", "ask-2", "granted", 7, 5, None),
        ("try", "ask-3", "open", 30, None, None),
    ]


def test_an_order_is_pending_until_its_payment_clears_fails_or_is_cancelled(home: Path) -> None:
    orders = rows(
        home,
        "select order_id, app_id, plan_id, amount, currency, status, settled_date, payment_method"
        " from int_orders order by order_id",
    )
    assert orders == [
        ("o1", "a", "payg_usd", Decimal(100), "USD", "cleared", date(2026, 2, 14), "card"),
        ("o2", "a", "payg_usd", Decimal(20), "USD", "failed", date(2026, 2, 17), None),
        ("o3", "a", "payg_usd", Decimal(20), "USD", "cancelled", date(2026, 2, 17), None),
        ("o4", "a", "payg_usd", Decimal(20), "USD", "pending", None, None),
    ]


def test_wallets_are_filled_by_the_plan_by_grants_and_by_cleared_orders(home: Path) -> None:
    credits = rows(
        home,
        "select credit_id, credit_kind, amount, from_at, from_date, expires_date from int_credits"
        " where account_id = 'pay' order by from_at",
    )
    assert credits == [
        ("free/a", "free", Decimal(500), at("2026-02-11 10"), date(2026, 2, 11), date(2026, 5, 12)),
        ("order/o1", "paid", Decimal(100), at("2026-02-14 10"), date(2026, 2, 14), None),
        ("cr", "free", Decimal(7), at("2026-02-18 10"), date(2026, 2, 18), date(2026, 2, 28)),
    ]
    # A downgrade's credit comes with the downgrade, at its first midnight.
    later = rows(
        home,
        "select account_id, from_at, expires_date from int_credits where account_id in ('back', 'chg')"
        " order by account_id",
    )
    assert later == [
        ("back", at("2026-07-01 00"), date(2026, 9, 29)),
        ("chg", at("2026-04-01 00"), date(2026, 6, 30)),
    ]


def test_contract_prices_hold_until_the_next_word_on_their_metric(home: Path) -> None:
    prices = rows(
        home,
        "select price_id, charge_model, unit_price, included_units, from_date, until_date"
        " from int_contract_prices order by price_id",
    )
    assert prices == [
        ("big/p1", "per_unit", Decimal("0.05"), Decimal(0), date(2026, 1, 4), date(2026, 3, 1)),
        ("big/p2", "graduated", None, Decimal(100), date(2026, 3, 1), FOR_EVER),
    ]
    assert rows(home, "from int_contract_price_tiers order by tier_number") == [
        ("big/p2", 1, Decimal(1000), Decimal("0.04"), Decimal(0)),
        ("big/p2", 2, None, Decimal("0.03"), Decimal(25)),
    ]
    assert rows(home, "from int_commitments_set") == [
        ("big", Decimal(2000), Decimal("1.2"), date(2026, 2, 1), FOR_EVER)
    ]


def test_seats_count_only_where_they_were_taken(home: Path) -> None:
    seats = rows(
        home, "select account_id, app_id, from_date, agent_seats from int_seats_by_change order by all"
    )
    assert seats == [
        ("big", "a", date(2026, 1, 3), 40),
        ("chg", "a", date(2026, 2, 12), 3),
        ("chg", "a", date(2026, 3, 2), 0),
        ("life", "a", date(2026, 2, 1), 0),
        ("logs", "seen-in-logs", date(2026, 1, 2), 4),
        ("try", "a", date(2026, 3, 2), 2),
    ]


def test_what_people_set_is_what_they_said_last(home: Path) -> None:
    assert rows(
        home,
        "select legal_name, tax_id, email, seller_id from account_profiles where account_id = 'who'",
    ) == [("Who GmbH", "T1", None, "qh-eu")]
    assert rows(home, "select seller_id, legal_name, payment_terms_days, zone from sellers order by all") == [
        ("qh-eu", "QH EU", 14, "Europe/Berlin"),
        ("quarterhour", "quarterhour", 30, "UTC"),
    ]
    assert rows(home, "select account_id, user_id, role, granted_by from account_roles") == [
        ("who", "ann", "admin", "root")
    ]
    assert rows(home, "select owner_id, app_name from apps where account_id = 'who'") == [("ann", "A")]
    assert rows(home, "select app_id, is_on, threshold from auto_reloads") == [("a", False, None)]


def test_payments_discounts_and_credit_notes_keep_their_amounts_to_the_last_digit(home: Path) -> None:
    assert rows(
        home,
        "select payment_id, invoice_number, amount, is_reversed, reversed_at from int_payments"
        " where account_id = 'who'",
    ) == [("p1", "Q-2026-1", Decimal("12.5"), True, at("2026-02-04 10"))]
    assert rows(home, "select * exclude (account_id) from int_discounts order by discount_id") == [
        ("d1", None, None, "percent", Decimal("12.5"), None, date(2026, 1, 5), FOR_EVER),
        ("d2", None, None, "fixed", None, Decimal(30), date(2026, 2, 1), date(2026, 5, 1)),
        ("d3", "a", "voice_sessions", "percent", Decimal(5), None, date(2026, 2, 1), FOR_EVER),
    ]
    assert rows(home, "select request_id, amount, reason, requested_by from int_credit_notes_requested") == [
        ("cn", Decimal("2.5"), "goodwill", "root")
    ]


ACCOUNTS, DAYS = 12, 100
OUTCOMES = tuple(model for model in READ.split() if model != "account_event_refusals")
PLANS = ("trial", "payg_usd", "essential_usd", "advanced_usd", "advanced_eur")


def some_event(days: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, Any]]:
    """An event that may well conflict with others: apps, plans, ids and instants are few."""

    def of(event_type: str, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({"type": st.just(event_type), "day": days, **values})

    app = {"app": st.sampled_from(["a", "b"])}
    order = {"order_id": st.sampled_from(["o1", "o2"])}
    plan = {"plan_id": st.sampled_from(PLANS)}
    role = {"user_id": st.just("u"), "role": st.sampled_from(["admin", "shared"])}
    amount = {"amount": st.sampled_from(["10", "20.00", "500"])}
    return st.one_of(
        of("account_opened", currency=st.sampled_from(["USD", "EUR"])),
        of("account_closed"),
        of("zone_set", zone=st.sampled_from(["Asia/Tokyo", "America/New_York"])),
        of("currency_set", currency=st.sampled_from(["USD", "EUR"])),
        *(of(name, **app) for name in ("app_published", "app_suspended", "app_closed")),
        *(of(name, **app, **plan) for name in ("plan_subscribed", "plan_changed")),
        *(of(name, **app, days=st.integers(1, 9)) for name in ("extension_requested", "extension_granted")),
        *(of(name, **app) for name in ("plan_cancelled", "extension_refused")),
        of("seats_set", **app, seats=st.integers(0, 2)),
        of("order_placed", **app, **order, **amount),
        *(of(name, **order) for name in ("order_cleared", "order_failed", "order_cancelled")),
        of("free_credit_granted", **app, **amount),
        *(of(name, **role) for name in ("role_granted", "role_revoked")),
        of("payment_recorded", payment_id=st.just("p"), invoice_number=st.just("1"), **amount),
        of("payment_reversed", payment_id=st.just("p")),
    )


@st.composite
def books(draw: st.DrawFn) -> Lake:
    """Accounts whose books are full of conflicts; most begin as books do."""
    lake = Lake()
    for account in range(ACCOUNTS):
        begins_well = draw(st.booleans())
        first = [{"type": "account_opened", "day": 0}, {"type": "app_published", "day": 0, "app": "a"}]
        for event in [*first * begins_well, *draw(st.lists(some_event(st.integers(0, DAYS)), max_size=14))]:
            values = {name: value for name, value in event.items() if name not in ("type", "day", "app")}
            when = date(2026, 1, 1) + timedelta(days=event["day"])
            lake.event(f"acc{account}", f"{when} 20:00", event["type"], event.get("app"), **values)
    return lake.arrived("2026-05-01")


def outcomes(home: Path) -> set[tuple[Any, ...]]:
    """All rows of all models that others read."""
    with duckdb.connect(str(home / dbt.WAREHOUSE), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        told = {model: connection.execute(f"from {model}").fetchall() for model in OUTCOMES}
    return {(model, *row) for model, found in told.items() for row in found}


def refusals(home: Path) -> set[tuple[str, str, str]]:
    return set(rows(home, "select account_id, event_id, refusal_reason from account_event_refusals"))


def again(home: Path, lake: Lake, events: list[dict[str, Any]]) -> Path:
    """The fold of these events instead."""
    lake.rows["account_events"] = events
    return folded(lake.write(Path(tempfile.mkdtemp(dir=home))))


# Shrinking would fold for hours; the difference of the outcomes tells the account.
@settings(
    max_examples=max(4, settings.default.max_examples // 25),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(lake=books(), dice=st.randoms(use_true_random=False))
def test_the_fold_knows_no_order_of_rows_and_a_refused_event_changes_nothing(
    home: Path, lake: Lake, dice: random.Random
) -> None:
    events = lake.rows["account_events"]
    folded = again(home, lake, events)
    expected, refused = outcomes(folded), refusals(folded)

    copies = [*events, *events[::3]]
    dice.shuffle(copies)
    shuffled = again(home, lake, copies)
    assert outcomes(shuffled) ^ expected == set()
    assert refusals(shuffled) ^ refused == set()

    gone = {(account, event) for account, event, _ in refused}
    kept = [row for row in events if (row["account_id"], row["event_id"]) not in gone]
    accounts = {row["account_id"] for row in kept}
    without = again(home, lake, kept)
    assert refusals(without) == set()
    assert outcomes(without) ^ {row for row in expected if row[0] == "sellers" or row[1] in accounts} == set()
