"""Two accounts that take a turn, through three nights of the 4th, worked out by hand.

`acme` is prepaid, in dollars in January and in euros from February (P0): 0.20 and 0.18 a session. `vera` is
taxed at 10 % in January and 20 % from February. A discount on January's usage comes late; the invoice that
corrects it, with one rate below zero, is voided.
"""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.ledger import Entry, Ledger
from orchestration.outbox.filling import fill_outbox
from orchestration.settings.loading import Settings
from tests.orchestration.nights import Landing, night

NIGHTS = [date(2026, month, 4) for month in (2, 3, 4)]
INVOICE = "INV-quarterhour-2026-{:06}"


def acme(landing: Landing) -> None:
    event, alerts = landing.event, landing.alerts
    event("2026-01-01", "account_opened", zone="UTC", currency="USD")
    event("2026-01-01", "plan_subscribed", "shop", plan_id="payg_usd")
    event("2026-01-10", "order_placed", "shop", order_id="o1", amount="100")
    event("2026-01-11", "order_cleared", "shop", order_id="o1")
    alerts("shop", "2026-01-20", 2600)
    event("2026-01-25", "currency_set", currency="EUR")

    event("2026-02-01", "plan_changed", "shop", plan_id="payg_eur")
    event("2026-02-01", "order_placed", "shop", order_id="o2", amount="50")
    event("2026-02-02", "order_cleared", "shop", order_id="o2")
    alerts("shop", "2026-02-02", 100)
    alerts("shop", "2026-01-28", 50, arrives="2026-02-10")  # late, of the month in dollars
    alerts("shop", "2026-02-15", 200)


def vera(landing: Landing) -> None:
    event, alerts = landing.event, landing.alerts
    event("2026-01-01", "account_opened", zone="UTC", currency="USD")
    event("2026-01-01", "tax_set", tax_category="S", tax_rate="10")
    event("2026-01-01", "plan_subscribed", "bot", plan_id="essential_usd")
    alerts("bot", "2026-01-10", 100)
    event("2026-01-20", "tax_set", tax_category="S", tax_rate="20")
    alerts("bot", "2026-02-10", 50)
    event(
        "2026-02-10", "discount_granted", discount_kind="percent", value="50", metric="billing_sessions",
        from_date="2026-01-01", until_date="2026-02-01",
    )  # fmt: skip
    event("2026-03-10", "credit_note_requested", invoice_number=INVOICE.format(4), reason="wrong customer")


@dataclass(frozen=True)
class Turns:
    """The home after the last night, and acme's wallets and app after each."""

    home: Path
    wallets: list[list[tuple[Any, ...]]]
    statuses: list[list[tuple[Any, ...]]]

    def documents(self) -> dict[str, Entry]:
        return {entry.number: entry for entry in Ledger(self.home).entries() if entry.number}


@pytest.fixture(scope="module")
def turns(tmp_path_factory: pytest.TempPathFactory) -> Turns:
    home = tmp_path_factory.mktemp("turns")
    acme(Landing(home, "acme"))
    vera(Landing(home, "vera"))
    turns = Turns(home, [], [])
    first = date(2026, 1, 1)
    for last in NIGHTS:
        Landing(home, "nobody").land("interactions", last, [])  # the watermark is 00:00 UTC after it
        night(home, first, last)
        first = last + timedelta(days=1)
        balances = "select currency, is_current, free_balance, paid_balance, balance_status from wallets"
        turns.wallets.append(read(home, balances))
        turns.statuses.append(read(home, "select status from app_statuses where account_id = 'acme'"))
    return turns


def read(home: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as marts:
        return marts.sql(query).fetchall()


def test_no_event_was_refused(turns: Turns) -> None:
    assert read(turns.home, "from account_event_refusals") == []


def test_each_currency_has_its_wallet(turns: Turns) -> None:
    """Dollars: 500 free and 100 paid, less 2,600 x 0.20, then 50 x 0.20 more; the rest stays.

    Euros: 50 paid, less 100 x 0.18, then 200 x 0.18 more: 4 are owed.
    """
    zero = Decimal(0)
    assert turns.wallets == [
        [
            ("EUR", True, zero, Decimal(32), "Low balance"),
            ("USD", False, zero, Decimal(80), "Sufficient funds"),
        ],
        [("EUR", True, zero, Decimal(-4), "Inactive"), ("USD", False, zero, Decimal(70), "Sufficient funds")],
        [("EUR", True, zero, Decimal(-4), "Inactive"), ("USD", False, zero, Decimal(70), "Sufficient funds")],
    ]


def test_the_app_goes_by_the_wallet_of_the_currency_in_force(turns: Turns) -> None:
    """P10."""
    assert turns.statuses == [[("Active",)], [("Inactive",)], [("Inactive",)]]


def test_every_draw_is_in_the_currency_of_its_month(turns: Turns) -> None:
    """The late usage of January is drawn in dollars; the third night has nothing to draw."""
    entries = [entry for entry in Ledger(turns.home).entries() if entry.kind == "wallet_draws"]
    assert [
        [
            (draw["month_date"][:7], draw["currency"], draw["credit_id"], Decimal(draw["amount"]))
            for draw in draws
        ]
        for draws in (entry.body["draws"] for entry in entries)
    ] == [
        [
            ("2026-02", "EUR", None, Decimal(18)),
            ("2026-01", "USD", "free/shop", Decimal(500)),
            ("2026-01", "USD", None, Decimal(20)),
        ],
        [("2026-02", "EUR", None, Decimal(36)), ("2026-01", "USD", None, Decimal(10))],
    ]


def test_statements_and_top_ups_keep_their_currency(turns: Turns) -> None:
    statements = read(
        turns.home,
        "select currency, statement_month, opening_balance, closing_balance from wallet_statements",
    )
    assert [(currency, month.month, *map(int, balances)) for currency, month, *balances in statements] == [
        ("EUR", 2, 0, -4),
        ("USD", 1, 0, 70),
    ]
    top_ups = [entry.body for entry in turns.documents().values() if entry.body["document_class"] == "top_up"]
    assert [(body["order_id"], body["currency"], Decimal(body["total"])) for body in top_ups] == [
        ("o1", "USD", Decimal(100)),
        ("o2", "EUR", Decimal(50)),
    ]


def test_the_journal_books_each_draw_in_its_currency(turns: Turns) -> None:
    """Free credit books nothing."""
    fill_outbox(turns.home, Settings(turns.home))
    with (turns.home / "outbox" / "2026-03" / "journal.csv").open(newline="") as file:
        booked = [
            (row["account_code"], row["debit"], row["credit"], row["currency"])
            for row in csv.DictReader(file)
            if row["document_number"].startswith("draws/")
        ]
    assert booked == [
        ("2150", "10.00", "", "USD"),
        ("4050", "", "10.00", "USD"),
        ("2150", "36.00", "", "EUR"),
        ("4050", "", "36.00", "EUR"),
    ]


def taxes_of(entry: Entry) -> list[tuple[str, ...]]:
    return [
        tuple(f"{Decimal(tax[name]):.2f}" for name in ("tax_rate", "taxable_amount", "tax_amount"))
        for tax in entry.body["taxes"]
    ]


def test_a_void_takes_back_a_rate_below_zero_too(turns: Turns) -> None:
    """February: 50 x 0.12 and March's 99 at 20 %, less half of January's 12.00, that was billed at 10 %."""
    invoice = turns.documents()[INVOICE.format(4)]
    assert invoice.body["document_id"] == "vera-2026-02"
    assert taxes_of(invoice) == [("10.00", "-6.00", "-0.60"), ("20.00", "105.00", "21.00")]
    assert Decimal(invoice.body["total"]) == Decimal("119.40")

    (void,) = (entry for entry in turns.documents().values() if entry.kind == "void")
    assert taxes_of(void) == [("10.00", "6.00", "0.60"), ("20.00", "-105.00", "-21.00")]
    assert [Decimal(line["amount"]) for line in void.body["lines"]] == [Decimal(6), Decimal(-105)]
    assert Decimal(void.body["total"]) == Decimal("-119.40")
    due = read(
        turns.home, "select credited_amount, amount_due from invoices where invoice_id = 'vera-2026-02'"
    )
    assert due == [(Decimal("119.40"), Decimal(0))]
