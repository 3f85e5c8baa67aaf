"""`quarterhour explain invoice`: of every line the printed figures lead from its tiers to its amount (I6)."""

import io
import json
import re
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from rich.console import Console

from orchestration.explain.invoices import explain_invoice
from orchestration.explain.invoices_text import show
from orchestration.ledger import Entry, Ledger
from tests.orchestration.nights import Landing, night

NIGHTS = [date(2026, month, 4) for month in (2, 3, 4)]
TIERS = [{"up_to": "10", "unit_price": "1", "flat_fee": "0"}, {"unit_price": "0.5", "flat_fee": "0"}]


def opened(home: Path, account: str, currency: str = "USD", **more: str) -> Landing:
    landing = Landing(home, account)
    landing.event("2025-12-30", "account_opened", zone="UTC", currency=currency, account_name=account, **more)
    return landing


def fees(home: Path) -> None:
    """Parts of months, in dollars and yen; seats that grow within a month, with and without a discount."""
    for account, currency in (("half", "USD"), ("yen", "JPY")):
        landing = opened(home, account, currency)
        plan = currency.lower()
        landing.event("2026-01-10", "plan_subscribed", "x", plan_id=f"essential_{plan}")
        landing.event("2026-01-11", "seats_set", "x", seats=1)
        landing.event("2026-01-17", "seats_set", "x", seats=3)
        landing.event("2026-02-12", "discount_granted", discount_kind="percent", value="12.5")
        landing.event("2026-02-13", "discount_granted", discount_kind="fixed", value="31")
        if account == "half":
            landing.event("2026-02-20", "plan_changed", "x", plan_id="advanced_usd")
        landing.alerts("x", "2026-01-15", 1010)
        landing.alerts("x", "2026-02-15", 33)
        landing.alerts("x", "2026-01-16", 7, arrives="2026-02-20")  # a month late
        landing.alerts("x", "2026-01-17", 9, arrives="2026-03-20")  # and later still


def contracts(home: Path) -> None:
    """Two apps rated together, below and above what is committed; bounds of spending; a part of a month."""
    for account, committed in (("below", "900"), ("above", "600")):
        landing = opened(home, account, kind="enterprise")
        landing.event("2025-12-31", "plan_subscribed", plan_id="enterprise_usd")
        price = {"metric": "alert_sessions", "charge_model": "graduated", "tiers": json.dumps(TIERS)}
        landing.event("2026-01-01", "contract_price_set", **price)
        agreed = {"metric": "minimum_commitment", "amount": committed, "overage_factor": "1.35"}
        landing.event("2026-01-01", "contract_price_set", **agreed)
        landing.event("2026-01-01", "discount_granted", discount_kind="percent", value="5")
        landing.event("2026-01-01", "discount_granted", discount_kind="fixed", value="3.33")
        landing.alerts("east", "2026-01-10", 8)
        landing.alerts("west", "2026-01-11", 4)
        landing.alerts("west", "2026-01-12", 5, arrives="2026-02-20")
    for account, bound in (("least", {"minimum_spend": "100"}), ("most", {"maximum_spend": "9.5"})):
        landing = opened(home, account, kind="enterprise")
        landing.event("2026-01-13", "plan_subscribed", plan_id="enterprise_usd")
        price = {"metric": "alert_sessions", "charge_model": "per_unit", "unit_price": "0.333"}
        landing.event("2026-01-13", "contract_price_set", **price, **bound)
        landing.event("2026-01-13", "discount_granted", discount_kind="percent", value="10")
        seats = {"metric": "agent_seats", "charge_model": "per_unit", "unit_price": "10"}
        landing.event("2026-01-13", "contract_price_set", **seats, minimum_spend="310")
        landing.event("2026-01-13", "app_published", "east", app_name="East")
        landing.event("2026-01-14", "seats_set", "east", seats=8)
        landing.event("2026-01-22", "seats_set", "east", seats=9)
        landing.alerts("east", "2026-01-15", 40)
        landing.alerts("west", "2026-01-15", 3)
        landing.alerts("west", "2026-01-16", 2, arrives="2026-02-20")


def wallets(home: Path) -> None:
    landing = opened(home, "prepaid")
    landing.event("2026-01-02", "plan_subscribed", "x", plan_id="payg_usd")
    landing.event("2026-01-03", "order_placed", "x", order_id="o1", amount="50")
    landing.event("2026-01-04", "order_cleared", "x", order_id="o1")


def credited(home: Path) -> None:
    """What was issued in the first night is taken back: a part, and all of another."""
    numbers = {entry.body["account_id"]: entry.number for entry in Ledger(home).entries()}
    half, yen = Landing(home, "half", count=90), Landing(home, "yen", count=90)
    credit = {"invoice_number": numbers["half"], "amount": "20", "reason": "goodwill"}
    half.event("2026-02-25", "credit_note_requested", **credit)
    yen.event("2026-02-26", "credit_note_requested", invoice_number=numbers["yen"], reason="by mistake")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("explained")
    for part in (fees, contracts, wallets):
        part(home)
    landing, first = Landing(home, "nobody"), date(2025, 12, 30)
    for last in NIGHTS:
        landing.land("interactions", last, [])
        night(home, first, last)
        first = last + timedelta(days=1)
        if last == NIGHTS[0]:
            credited(home)
    return home


def printed(home: Path, entry: Entry, line_number: int) -> list[str]:
    out = Console(file=io.StringIO(), width=500, color_system=None)
    show(*explain_invoice(home, str(entry.number), line_number), out, None)
    return [line.strip() for line in out.file.getvalue().splitlines()]


def rounded(exact: Fraction, unit: Decimal) -> Decimal:
    """P5, for what has few places more than the unit or is no half of it."""
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(unit, ROUND_HALF_UP)


AMOUNT = r"(-?[0-9]+(?:\.[0-9]+)?)"
BEGINNINGS = (
    "funds added",
    "credit given, before tax",
    "this price's lines, gross",
    "usage of the period, gross",
)
STEPS = {
    rf"less a discount of {AMOUNT}": lambda before, now, unit, off: before - off == now,
    rf"less {AMOUNT} on [A-Z]+-quarterhour-2026-[0-9]+, line [0-9]+": (
        lambda before, now, unit, off: before - off == now
    ),
    rf"less their percentage, {AMOUNT}": lambda before, now, unit, off: before - off == now,
    rf"to the (?:least|most) that is asked for, {AMOUNT}": (
        lambda before, now, unit, bound: bound - before == now
    ),
    rf"to the commitment, {AMOUNT}": lambda before, now, unit, bound: bound - before == now,
    rf"beyond the commitment, {AMOUNT}": lambda before, now, unit, bound: before - bound == now,
    rf"× {AMOUNT} more for what is beyond it(?:, rounded)?": (
        lambda before, now, unit, times: rounded(Fraction(before) * Fraction(times), unit) == now
    ),
    r"rounded": lambda before, now, unit: rounded(Fraction(before), unit) == now,
    r"([0-9]+) of ([0-9]+) days(?:, rounded)?": (
        lambda before, now, unit, days, of: (
            rounded(Fraction(before) * Fraction(days) / Fraction(of), unit) == now
        )
    ),
    r"([0-9]+) of ([0-9]+) days, what was and what is rounded apart": (
        lambda before, now, unit, days, of: (
            0 < abs(rounded(Fraction(before) * Fraction(days) / Fraction(of), unit) - now) <= unit
        )
    ),
    r"the share of this app, ([0-9]+) of ([0-9]+) units": (
        lambda before, now, unit, part, of: (
            abs(Fraction(before) * Fraction(part) / Fraction(of) - Fraction(now)) < unit
        )
    ),
    r"the share of this app, by its units": lambda before, now, unit: 0 <= now <= before,
}
"""What may stand between two figures, and whether the second follows from the first."""
BOUNDS_APART = "bounds of spending, what was and what is taken apart"


def followed(told: list[str], tiers: list[dict[str, str]], seen: set[str]) -> Decimal:
    """The amount to which the printed figures lead, of which each follows from the one before."""
    [amount] = (line for line in told if re.match(r"amount \S+ [A-Z]{3}$", line))
    unit = Decimal(1).scaleb(Decimal(amount.split()[1]).as_tuple().exponent)
    figures = [line.rpartition(": ") for line in told[told.index(amount) - 1 :: -1]]
    figures = [(text, Decimal(now)) for text, _, now in reversed(figures) if re.fullmatch(AMOUNT, now)]
    (text, before), *rest = figures
    if text.startswith("all tiers"):
        assert text != "all tiers" or before == sum(Decimal(tier["amount"]) for tier in tiers)
    else:
        assert text in (*BEGINNINGS, BOUNDS_APART)
    seen.add(text)
    for text, now in rest:
        [(step, follows, found)] = (
            (step, follows, match.groups())
            for step, follows in STEPS.items()
            if (match := re.fullmatch(step, text))
        )
        assert follows(before, now, unit, *map(Decimal, found)), (text, before, now)
        seen.add(step)
        before = now
    assert before == Decimal(amount.split()[1])
    return before


def test_the_figures_of_every_line_lead_from_its_tiers_to_its_amount(home: Path) -> None:
    seen: set[str] = set()
    for entry in Ledger(home).entries():
        for line in entry.body["lines"] if entry.number else ():
            told = printed(home, entry, line["line_number"])
            assert followed(told, line["tiers"], seen) == Decimal(line["amount"]), told
    assert seen >= {*STEPS, *BEGINNINGS, BOUNDS_APART}


def test_a_part_of_a_month_is_told_by_its_days(home: Path) -> None:
    """99 for 22 of 31 days: 70.258…"""
    entry = next(entry for entry in Ledger(home).entries() if entry.body["account_id"] == "half")
    told = printed(home, entry, 4)
    assert told[told.index("all tiers: 99.00") :][1:3] == [
        "22 of 31 days, rounded: 70.26",
        "amount 70.26 USD",
    ]


def test_a_credit_note_s_line_is_told_as_what_was_asked_for(home: Path) -> None:
    told = {
        entry.kind: (entry.body, printed(home, entry, 1))
        for entry in Ledger(home).entries()
        if entry.body.get("document_class") == "credit"
    }
    body, lines = told["credit_note"]
    assert f"taken off {body['corrects_number']} on request (goodwill)" in lines
    body, lines = told["void"]
    assert f"taken off {body['corrects_number']} on request (by mistake)" in lines
    assert not any("what is new" in line for _, lines in told.values() for line in lines)
