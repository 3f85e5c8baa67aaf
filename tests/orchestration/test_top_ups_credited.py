"""Credit notes and voids on top-ups take paid funds out of wallets (P10), worked out by hand.

Every account tops up by 50.00 dollars on 2 January, or 200.00 shekels, and asks for credit on the 5th, when
some of them have used their funds: 0.20 dollars or 0.70 shekels an alert.
"""

import csv
import shutil
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import dbt
from orchestration.billing.issuing import issue
from orchestration.billing.unspent import left_of_top_up
from orchestration.book.writing import Entry as Request
from orchestration.book.writing import record
from orchestration.errors import UsageError
from orchestration.lake import Lake
from orchestration.lake.tables import TABLES
from orchestration.ledger import Ledger
from orchestration.outbox.filling import fill_outbox
from orchestration.runs.rebuilding import differences
from orchestration.settings.loading import Settings
from tests.orchestration.nights import Landing, night

INVOICE = "INV-quarterhour-2026-{:06}"
ALL, ILS, KEPT, NONE, PART, SOME = (INVOICE.format(number) for number in range(1, 7))
NIGHTS = date(2026, 1, 3), date(2026, 1, 6), date(2026, 1, 9), date(2026, 1, 10)

REST = "with what was left unspent; the rest had paid for usage"
ALL_SPENT = "all that is left has paid for usage"


def prepaid(home: Path, account_id: str, currency: str = "USD", amount: str = "50") -> Landing:
    """An app whose plan's free credit has lapsed long ago."""
    landing = Landing(home, account_id)
    landing.event("2025-01-01", "account_opened", account_name=account_id, zone="UTC", currency=currency)
    landing.event("2025-01-01", "plan_subscribed", "bot", plan_id=f"payg_{currency.lower()}")
    topped_up(landing, "2026-01-02", "o1", amount)
    return landing


def topped_up(landing: Landing, at: str, order_id: str, amount: str) -> None:
    landing.event(at, "order_placed", "bot", order_id=order_id, amount=amount)
    landing.event(at, "order_cleared", order_id=order_id)


def credited(landing: Landing, number: str, **amount: str) -> None:
    landing.event(
        "2026-01-05", "credit_note_requested", invoice_number=number, reason="charged back", **amount
    )


def land(home: Path) -> None:
    # A void of what nobody touched; the free credit of the 4th is not the top-up's. Then usage of 40.00.
    landing = prepaid(home, "all")
    landing.event("2026-01-04", "free_credit_granted", "bot", amount="5", expires_date="2026-12-31")
    credited(landing, ALL)
    landing.alerts("bot", "2026-01-08", 200)

    # 70.00 of 200.00 shekels are used, 150.00 are asked for; with tax.
    landing = prepaid(home, "ils", "ILS", "200")
    landing.event("2025-01-01", "tax_set", tax_category="S", tax_rate="18")
    landing.alerts("bot", "2026-01-05", 100)
    credited(landing, ILS, amount="150")

    prepaid(home, "kept")

    # All is used before the void, and what is topped up after it is another's money.
    landing = prepaid(home, "none")
    landing.alerts("bot", "2026-01-05", 250)
    credited(landing, NONE)
    topped_up(landing, "2026-01-08", "o2", "30")

    # 10.00 are used in the very night of the void, and 2.00 after it.
    landing = prepaid(home, "part")
    landing.alerts("bot", "2026-01-05", 50)
    credited(landing, PART)
    landing.alerts("bot", "2026-01-08", 10)

    # 10.00 are used, 20.00 credited.
    landing = prepaid(home, "some")
    landing.alerts("bot", "2026-01-05", 50)
    credited(landing, SOME, amount="20")


@dataclass(frozen=True)
class Nights:
    home: Path
    balances: list[dict[str, tuple[str, str]]]
    """After each night, by account what is free and what is paid."""
    ledgers: list[dict[str, bytes]]
    """After each night, the files of the entries."""


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    home = tmp_path_factory.mktemp("credited")
    land(home)
    nights = Nights(home, [], [])
    first = date(2025, 1, 1)
    for last in NIGHTS:
        Landing(home, "nobody").land("interactions", last, [])  # the watermark is 00:00 UTC after it
        night(home, first, last)
        first = last
        found = read(home, "select account_id, free_balance, paid_balance from wallets")
        nights.balances.append({account: (f"{free:.2f}", f"{paid:.2f}") for account, free, paid in found})
        nights.ledgers.append(ledger_files(home))
    return nights


def ledger_files(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (home / "ledger").glob("0*.json")}


def read(home: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as marts:
        return marts.sql(query).fetchall()


def test_a_credit_takes_what_is_left_of_its_top_up_after_the_night_s_draws(nights: Nights) -> None:
    topped_up, credited, used, last = nights.balances
    assert topped_up == dict.fromkeys(("all", "kept", "none", "part", "some"), ("0.00", "50.00")) | {
        "ils": ("0.00", "200.00")
    }
    assert credited == {
        "all": ("5.00", "0.00"),
        "ils": ("0.00", "0.00"),
        "kept": ("0.00", "50.00"),
        "none": ("0.00", "0.00"),
        "part": ("0.00", "0.00"),
        "some": ("0.00", "20.00"),
    }
    assert used == credited | {
        "all": ("0.00", "-35.00"),
        "none": ("0.00", "30.00"),
        "part": ("0.00", "-2.00"),
    }
    assert last == used


def test_the_documents_say_what_was_taken(nights: Nights) -> None:
    documents = [entry for entry in Ledger(nights.home).entries() if entry.number]
    credits = [
        (entry.body["account_id"], entry.kind, entry.body["subtotal"], entry.body["tax"])
        for entry in documents
        if entry.body["document_class"] == "credit"
    ]
    assert credits == [
        ("all", "void", "-50.0000", "0.0000"),
        ("ils", "credit_note", "-130.0000", "-23.4000"),
        ("part", "credit_note", "-40.0000", "0.0000"),
        ("some", "credit_note", "-20.0000", "0.0000"),
    ]


def test_the_orders_say_what_became_of_the_request(nights: Nights) -> None:
    orders = read(
        nights.home,
        "select account_id, order_id, order_status, comments from orders"
        " where order_type = 'top_up' order by all",
    )
    assert orders == [
        ("all", "o1", "completed", "voided by VOI-quarterhour-2026-000001"),
        ("ils", "o1", "completed", f"credited by CRN-quarterhour-2026-000001 {REST}"),
        ("kept", "o1", "completed", None),
        ("none", "o1", "completed", f"the credit asked for on 2026-01-05 waits: {ALL_SPENT}"),
        ("none", "o2", "completed", None),
        ("part", "o1", "completed", f"credited by CRN-quarterhour-2026-000002 {REST}"),
        ("some", "o1", "completed", "credited by CRN-quarterhour-2026-000003"),
    ]  # fmt: skip


def test_the_balance_history_names_the_credit_note(nights: Nights) -> None:
    taken = read(
        nights.home,
        "select account_id, movement_date, credit_kind, credit_id, document_number, amount"
        " from wallet_movements where movement_kind = 'credit_note' and account_id = 'part'",
    )
    number = "CRN-quarterhour-2026-000002"
    assert taken == [("part", date(2026, 1, 7), "paid", "order/o1", number, Decimal(-40))]
    statement = read(
        nights.home,
        "select top_up_amount, draw_amount, credit_note_amount, closing_balance from wallet_statements"
        " where account_id = 'part' and statement_month = '2026-01-01'",
    )
    assert statement == [(Decimal(50), Decimal(-12), Decimal(-40), Decimal(-2))]


def test_the_journal_s_prepayments_are_the_paid_balances(nights: Nights) -> None:
    fill_outbox(nights.home, Settings(nights.home))
    prepayments: defaultdict[str, Decimal] = defaultdict(Decimal)
    for path in nights.home.glob("outbox/*/journal.csv"):
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                if row["account_code"] == "2150":
                    prepayments[row["currency"]] += Decimal(row["credit"] or 0) - Decimal(row["debit"] or 0)
    assert prepayments == {"USD": Decimal("63.00"), "ILS": Decimal(0)}  # -35 + 50 + 30 - 2 + 20
    paid = read(nights.home, "select currency, sum(paid_balance) from wallets group by currency")
    assert dict(paid) == prepayments


def test_later_nights_change_nothing_of_the_ledger_and_whole_marts_say_the_same(
    nights: Nights, tmp_path: Path
) -> None:
    for before, after in zip(nights.ledgers, nights.ledgers[1:], strict=False):
        assert before.items() <= after.items()
    assert nights.ledgers[-1] == nights.ledgers[-2]
    assert Ledger(nights.home).verify() == []
    assert issue(nights.home).entries == []
    shutil.copytree(nights.home / "lake", tmp_path / "lake")
    shutil.copytree(nights.home / "ledger", tmp_path / "ledger")
    Lake(tmp_path).ensure(TABLES)
    dbt.build(tmp_path).raise_if_failed()
    assert differences(nights.home, tmp_path) == []


def test_what_is_left_by_the_ledger_is_what_the_marts_say(nights: Nights) -> None:
    entries = Ledger(nights.home).entries()
    marts = dict(read(nights.home, "select document_id, unspent_amount from int_top_ups"))
    assert len(marts) == 7
    for document_id, unspent in marts.items():
        left = left_of_top_up(entries, document_id)
        assert left is not None
        assert left.unspent == unspent


@pytest.mark.parametrize(
    ("account_id", "number", "amount", "refusal"),
    [
        ("kept", KEPT, None, None),
        ("kept", KEPT, "50", None),
        ("some", SOME, "20", None),
        (
            "some",
            SOME,
            "20.01",
            "only 20.00 of .* is left unspent, before tax: the rest has paid for usage",
        ),
        ("some", SOME, None, "only 20.00 of .* is left unspent"),
        ("none", NONE, None, "nothing of .* is left unspent: all of it has paid for usage"),
        ("none", NONE, "1", "nothing of .* is left unspent"),
    ],
)
def test_the_command_refuses_what_has_paid_for_usage(
    nights: Nights, account_id: str, number: str, amount: str | None, refusal: str | None
) -> None:
    fields = {"invoice_number": number, "reason": "goodwill"} | ({"amount": amount} if amount else {})
    request = Request(account_id, "credit_note_requested", fields=fields)
    now = datetime(2026, 1, 11, 9, tzinfo=UTC)
    if refusal is None:
        assert record(nights.home, request, dry_run=True, now=now).path is None
    else:
        with pytest.raises(UsageError, match=refusal):
            record(nights.home, request, dry_run=True, now=now)
