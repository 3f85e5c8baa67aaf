"""A book of many accounts, each with what its fold refuses and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orchestration import dbt
from tests.dbt_project.lakes import Lake

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
    for seats in ("2.5", "1000000"):
        book.refused("seats is not a whole number below 1,000,000", "val", day, "seats_set", "a", seats=seats)
    book.refused('zone "Mars/Olympus" is not an IANA zone', "val", day, "zone_set", zone="Mars/Olympus")
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
    book.refused(
        "amount is not below 100,000,000,000",
        "val", day, "payment_recorded", payment_id="p", invoice_number="1", amount="100000000000",
    )  # fmt: skip
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
        ({"charge_model": "volume", "tiers": [{"unit_price": "1000000"}]}, wrong_tiers),
        (
            {
                "charge_model": "volume",
                "tiers": [
                    {"up_to": 9, "flat_fee": "50000000000"},
                    {"flat_fee": "50000000000"},
                ],
            },
            wrong_tiers,
        ),
        ({"unit_price": "1000000"}, "unit_price is not below 1,000,000"),
        ({"charge_model": "flat", "unit_price": "100000000000"}, "unit_price is not below 100,000,000,000"),
        (
            {"charge_model": "package", "package_size": "0.5"},
            "package_size is not a number from 1 to below 1,000,000,000 with at most 6 decimal places",
        ),
        ({"overage_factor": "10"}, "overage_factor is not a factor below 10 with at most 6 decimal places"),
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
    reload = {"is_on": True, "threshold": "10"}
    book.refused(bounds, "pay", "2026-02-18 11", "auto_reload_set", "a", amount="19.99", **reload)
    book.refused(bounds, "pay", "2026-02-18 12", "auto_reload_set", "a", amount="10000.01", **reload)
    book.event("pay", "2026-02-19 10", "auto_reload_set", "a", is_on=False, amount="5")
    credit = {"event_id": "late", "amount": 7}
    for expiry in ("2026-02-19", "2026-02-20"):
        book.refused(
            "expires_date is not after the day of the grant, 2026-02-20",
            "pay", "2026-02-20 10", "free_credit_granted", "a", amount=7, expires_date=expiry,
        )  # fmt: skip
    book.event("pay", "2026-02-20 11", "free_credit_granted", "a", expires_date="2026-02-21", **credit)


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


def digits(book: Book) -> None:
    """Money that its currency's smallest coin cannot pay; what is refused for it leaves no trace."""
    day = "2026-01-03 10"
    book.opened("cents").event("cents", "2026-01-02 10", "plan_subscribed", "a", plan_id="payg_usd")
    wallet: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("amount 20.005", "order_placed", {"order_id": "o", "amount": "20.005"}),
        ("amount 3.33333", "free_credit_granted", {"amount": "3.33333"}),
        ("threshold 10.001", "auto_reload_set", {"is_on": True, "threshold": "10.001", "amount": "50.001"}),
        ("amount 50.001", "auto_reload_set", {"is_on": True, "threshold": "10.00", "amount": "50.001"}),
    )
    for told, event_type, given in wallet:
        book.refused(f"{told} {finer('USD, which has 2')}", "cents", day, event_type, "a", **given)
    book.event("cents", "2026-01-04 10", "free_credit_granted", "a", amount="20.010000")
    settles(book, "cents", "USD, which has 2", "22.006", "22.01")
    book.opened("yen", currency="JPY")
    settles(book, "yen", "JPY, which has none", "0.5", "1.000000")
    book.event("yen", "2026-01-05 10", "plan_subscribed", "a", plan_id="trial")
    book.refused(
        f"amount 7.5 {finer('JPY, which has none')}",
        "yen",
        "2026-01-06 10",
        "free_credit_granted",
        "a",
        amount="7.5",
    )
    book.opened("fils", currency="KWD")
    settles(book, "fils", "KWD, which has 3", "1.0005", "1.005")
    # Its January is in euros, its February in yen: a payment may still be January's.
    book.opened("move", currency="EUR").event("move", "2026-01-10 10", "currency_set", currency="JPY")
    fixed = {"discount_kind": "fixed", "value": "0.5"}
    book.refused(
        f"value 0.5 {finer('JPY, which has none')}",
        "move", "2026-01-11 10", "discount_granted", from_date="2026-02-01", **fixed,
    )  # fmt: skip
    settles(book, "move", "EUR, which has 2", "22.006", "22.50", month="02", has_discount=False)
    settles(book, "unnamed", "USD, which has 2", "0.001", "0.01")
    # It had the default currency before it named one.
    book.opened("late").event("late", "2026-01-10 10", "currency_set", currency="JPY")
    settles(book, "late", "USD, which has 2", "22.006", "22.50", month="02", has_discount=False)


def settles(
    book: Book,
    account: str,
    has: str,
    too_fine: str,
    fine: str,
    *,
    month: str = "01",
    has_discount: bool = True,
) -> None:
    """A payment, a credit note and a discount that are refused, and the same payment in whole coins."""
    has_more = f"amount {too_fine} {finer(has)}"
    payment = {"payment_id": "p", "invoice_number": "Q-1"}
    day = f"2026-{month}-20"
    book.refused(has_more, account, f"{day} 10", "payment_recorded", amount=too_fine, **payment)
    book.event(account, f"{day} 11", "payment_recorded", amount=fine, **payment)
    book.refused(
        has_more, account, f"{day} 12", "credit_note_requested",
        invoice_number="Q-1", amount=too_fine, reason="x",
    )  # fmt: skip
    if has_discount:
        book.refused(
            f"value {too_fine} {finer(has)}", account, f"{day} 13", "discount_granted",
            discount_kind="fixed", value=too_fine,
        )  # fmt: skip


def finer(has: str) -> str:
    return f"has more decimal places than {has}"


PARTS = (values, contract_values, lives, kinds, trials, changes, wallets, people, digits)


def whole_book() -> Book:
    book = Book()
    for part in PARTS:
        part(book)
    book.arrived("2026-06-15")
    return book


def folded(home: Path) -> Path:
    """Builds what is read here of a home's marts."""
    dbt.build_untested(home / dbt.WAREHOUSE, " ".join(f"+{model}" for model in READ.split()))
    return home
