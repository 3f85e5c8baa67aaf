"""Amounts and prices at their bounds (P5): what the book takes, the marts can bill."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from orchestration import dbt
from orchestration.billing.issuing import issue
from orchestration.ledger import Ledger
from tests.dbt_project.lakes import Lake, rows

Event = tuple[str, str | None, dict[str, Any]]

AMOUNTS = ("0.01", "0.5", "3.33333", "20.00001", "20.005", "99.999", "10000", "99999999999", "99999999999.99")
PRICES = ("0.000001", "0.5", "999999", "999999.999999")
MONTHLY = ("0.5", "99999999999.999999")
FIRST_INVOICE = "INV-quarterhour-2026-000001"


def prices() -> st.SearchStrategy[Event]:
    """A price of a contract in any model, at its bounds; the last fields are what a month comes to."""
    price, monthly, units = (st.sampled_from(each) for each in (PRICES, MONTHLY, ("1", "999999999.999999")))
    tiers = st.tuples(price, st.sampled_from(["0", "49999999999"])).map(
        lambda drawn: json.dumps(
            [
                {"up_to": "9", "unit_price": drawn[0], "flat_fee": drawn[1]},
                {"unit_price": drawn[0], "flat_fee": drawn[1]},
            ]
        )
    )
    models = st.one_of(
        st.fixed_dictionaries({"charge_model": st.just("flat"), "unit_price": monthly}),
        st.fixed_dictionaries({"charge_model": st.just("per_unit"), "unit_price": price}),
        st.fixed_dictionaries(
            {"charge_model": st.just("package"), "unit_price": price, "package_size": units}
        ),
        st.fixed_dictionaries({"charge_model": st.sampled_from(["graduated", "volume"]), "tiers": tiers}),
    )
    metrics = st.sampled_from(["usage_sessions", "alert_sessions", "agent_seats", "base_fee"])
    more = st.fixed_dictionaries(
        {}, optional={"included_units": units, "minimum_spend": monthly, "maximum_spend": monthly}
    )
    return st.builds(
        lambda metric, model, bounds: ("contract_price_set", None, {"metric": metric, **model, **bounds}),
        metrics, models, more,
    )  # fmt: skip


def commitments() -> st.SearchStrategy[Event]:
    return st.builds(
        lambda amount, factor: (
            "contract_price_set",
            None,
            {"metric": "minimum_commitment", "amount": amount, "overage_factor": factor},
        ),
        st.sampled_from(AMOUNTS), st.sampled_from(["1.5", "9.999999"]),
    )  # fmt: skip


def money(number: int) -> st.SearchStrategy[Event]:
    """Whatever the book takes an amount with; the ids are of this place in it."""
    amount = st.sampled_from(AMOUNTS)
    return st.one_of(
        amount.map(lambda of: ("order_placed", "a", {"order_id": f"o{number}", "amount": of})),
        amount.map(lambda of: ("free_credit_granted", "a", {"amount": of, "expires_after_days": "20"})),
        amount.map(lambda of: ("auto_reload_set", "a", {"is_on": True, "threshold": of, "amount": of})),
        amount.map(
            lambda of: (
                "payment_recorded",
                None,
                {"payment_id": f"p{number}", "invoice_number": FIRST_INVOICE, "amount": of},
            )
        ),
        amount.map(
            lambda of: (
                "credit_note_requested",
                None,
                {"invoice_number": FIRST_INVOICE, "amount": of, "reason": "x"},
            )
        ),
        amount.map(lambda of: ("discount_granted", None, {"discount_kind": "fixed", "value": of})),
    )


STANDARD = (("USD", "payg_usd"), ("USD", "essential_usd"), ("JPY", "essential_jpy"), ("KWD", "essential_kwd"))


@st.composite
def books(draw: st.DrawFn) -> Lake:
    """An account of each plan with amounts of every kind, and contracts with prices."""
    lake = Lake()
    for number, (currency, plan) in enumerate(STANDARD):
        events = [draw(money(place)) for place in range(draw(st.integers(4, 10)))]
        account(lake, f"std{number}", currency, plan, events)
    for number in range(3):
        events = [*draw(st.lists(prices(), min_size=2, max_size=5)), draw(commitments())]
        account(lake, f"ent{number}", "USD", "enterprise_usd", events)
    return lake.arrived("2026-02-04")


def account(lake: Lake, name: str, currency: str, plan: str, events: list[Event]) -> None:
    """Opened and taxed in January, with seats and sessions; orders clear."""
    kind = "enterprise" if plan == "enterprise_usd" else "standard"
    lake.event(name, "2026-01-01 08:00", "account_opened", zone="UTC", currency=currency, kind=kind)
    lake.event(name, "2026-01-01 08:01", "tax_set", tax_category="S", tax_rate="100")
    lake.event(name, "2026-01-01 08:02", "plan_subscribed", "a" if kind == "standard" else None, plan_id=plan)
    lake.event(name, "2026-01-01 08:03", "seats_set", "a", seats="999999")
    for minute, (event_type, app, values) in enumerate(events):
        lake.event(name, f"2026-01-01 09:{minute:02}", event_type, app, **values)
        if event_type == "order_placed":
            lake.event(name, "2026-01-02 09:00", "order_cleared", order_id=values["order_id"])
    lake.sessions(name, "a", "2026-01-10 10:00", times=300)
    lake.sessions(name, "a", "2026-01-11 10:00", kind="alert", times=300)


def at_the_bounds() -> Lake:
    """The dearest contract that the book takes, and one whose price would have stopped every account."""
    lake = Lake()
    dearest = [
        ("contract_price_set", None, {"metric": metric, "charge_model": "per_unit", "unit_price": PRICES[-1]})
        for metric in ("usage_sessions", "alert_sessions", "agent_seats")
    ]
    fee = {"metric": "base_fee", "charge_model": "flat", "unit_price": MONTHLY[-1]}
    overage = {"metric": "minimum_commitment", "amount": "1", "overage_factor": "9.999999"}
    events: list[Event] = [*dearest, ("contract_price_set", None, fee), ("contract_price_set", None, overage)]
    account(lake, "dearest", "USD", "enterprise_usd", events)
    beyond = {"metric": "alert_sessions", "charge_model": "per_unit", "unit_price": "999999999999"}
    account(lake, "beyond", "USD", "enterprise_usd", [("contract_price_set", None, beyond)])
    finer: list[Event] = [
        ("free_credit_granted", "a", {"amount": "3.33333"}),
        ("order_placed", "a", {"order_id": "o", "amount": "20.00001"}),
    ]
    account(lake, "finer", "USD", "payg_usd", finer)
    return lake.arrived("2026-02-04")


# Shrinking would build for an hour; the failing test of the marts tells the account.
@settings(
    max_examples=max(1, settings.default.max_examples // 100),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
)
@example(lake=at_the_bounds())
@given(lake=books())
def test_no_event_that_the_book_takes_makes_the_marts_fail(lake: Lake) -> None:
    """Before their documents are issued, and after, when payments and credit notes find them."""
    with tempfile.TemporaryDirectory() as name:
        home = lake.write(Path(name))
        for _ in range(2):
            assert dbt.build(home).raise_if_failed().is_published
            issue(home)


def test_a_credit_note_that_comes_to_nothing_gives_up_its_turn(tmp_path: Path) -> None:
    """In euros until January, so that 0.4 may be credited; on an invoice in yen it is nothing."""
    lake = Lake()
    lake.event("yen", "2026-01-01 08:00", "account_opened", zone="UTC", currency="EUR", kind="standard")
    lake.event("yen", "2026-01-02 08:00", "currency_set", currency="JPY")
    lake.event("yen", "2026-02-01 08:00", "plan_subscribed", "a", plan_id="essential_jpy")
    lake.arrived("2026-03-04").write(tmp_path)
    dbt.build(tmp_path).raise_if_failed()
    [invoice] = issue(tmp_path).entries
    assert invoice.body["currency"] == "JPY"
    for day, amount in (("05", "0.4"), ("06", "100"), ("07", "250")):
        lake.event(
            "yen", f"2026-03-{day} 08:00", "credit_note_requested",
            invoice_number=invoice.number, amount=amount, reason="goodwill",
        )  # fmt: skip
    lake.arrived("2026-03-08").write(tmp_path)
    for _ in range(2):
        dbt.build(tmp_path).raise_if_failed()
        issue(tmp_path)
    assert rows(tmp_path, "select * from account_event_refusals") == []
    assert [entry.body["subtotal"] for entry in Ledger(tmp_path).entries()][1:] == ["-100.0000", "-250.0000"]
