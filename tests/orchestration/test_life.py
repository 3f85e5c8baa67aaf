"""Eight months of an account through the night: every document, number and balance worked out by hand.

Acme Corporation, in New York, USD, taxed at 10 %, has two apps. `bot` has a trial of 14 days from 10 January
that is extended by 7, Essential from 3 February, Advanced from 10 March (the clocks change on the 8th), back
to Essential from 1 July, and is cancelled in July. `shop` is prepaid from 1 February. Each night runs up to
the arrivals of a month's 4th day: then the month before has ended, in New York, three whole days ago.
"""

import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.billing.issuing import issue
from orchestration.book.writing import Entry as Written
from orchestration.book.writing import record
from orchestration.counting.terms import terms_of
from orchestration.errors import UsageError
from orchestration.explain.invoices import explain_invoice
from orchestration.explain.sessions import rows_told
from orchestration.lake import Lake
from orchestration.ledger import Entry, Ledger
from orchestration.settings.loading import Settings
from tests.orchestration.nights import Landing, night

NIGHTS = [date(2026, month, 4) for month in range(2, 10)]


def lives(landing: Landing) -> None:
    """All that happens; the night takes what has arrived by then."""
    event, alerts = landing.event, landing.alerts
    event("2026-01-10", "account_opened", account_name="Acme", zone="America/New_York", currency="USD")
    event("2026-01-10", "tax_set", tax_category="S", tax_rate="10")
    event("2026-01-10", "app_published", "bot", app_name="Bot")
    event("2026-01-10", "plan_subscribed", "bot", plan_id="trial")
    alerts("bot", "2026-01-12", 7)
    event("2026-01-20", "extension_requested", "bot", days=7)
    event("2026-01-21", "extension_granted", "bot", days=7)
    alerts("bot", "2026-01-28", 5)  # in the week that was added

    event("2026-02-01", "app_published", "shop", app_name="Shop")
    event("2026-02-01", "plan_subscribed", "shop", plan_id="payg_usd")
    event("2026-02-03", "plan_subscribed", "bot", plan_id="essential_usd")
    event("2026-02-03", "seats_set", "bot", seats=2)
    alerts("bot", "2026-02-15", 100)
    alerts("shop", "2026-02-10", 50)

    alerts("bot", "2026-03-05", 30)
    event("2026-03-10", "plan_changed", "bot", plan_id="advanced_usd")
    alerts("bot", "2026-03-20", 1200)
    event("2026-03-12", "order_placed", "shop", order_id="o1", amount="200", payment_method="card")
    event("2026-03-13", "order_failed", "shop", order_id="o1")
    alerts("shop", "2026-03-15", 1000)

    event("2026-04-05", "order_placed", "shop", order_id="o2", amount="100", payment_method="card")
    event("2026-04-06", "order_cleared", "shop", order_id="o2")
    alerts("shop", "2026-04-20", 500)
    alerts("bot", "2026-04-10", 10)

    alerts("bot", "2026-03-25", 300, arrives="2026-05-20")  # two months late
    alerts("shop", "2026-05-10", 100)

    event("2026-06-15", "plan_changed", "bot", plan_id="essential_usd")
    alerts("bot", "2026-06-20", 20)
    alerts("bot", "2026-07-02", 40)
    event("2026-07-10", "plan_cancelled", "bot")

    first, second, last = (f"INV-quarterhour-2026-{number:06}" for number in (1, 2, 7))
    event("2026-08-10", "payment_recorded", payment_id="p1", invoice_number=first, amount="286.87")
    event("2026-08-20", "credit_note_requested", invoice_number=second, amount="50", reason="goodwill")
    event("2026-08-21", "credit_note_requested", invoice_number=last, reason="billed by mistake")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("life")
    landing = Landing(home)
    lives(landing)
    first = date(2026, 1, 10)
    for last in NIGHTS:
        landing.land("interactions", last, [])  # the watermark is 00:00 UTC after the last arrival
        night(home, first, last)
        first = last + timedelta(days=1)
    return home


@pytest.fixture(scope="module")
def documents(home: Path) -> dict[str, Entry]:
    return {entry.number: entry for entry in Ledger(home).entries() if entry.number}


def lines_of(entry: Entry) -> list[tuple[str, str, int, str]]:
    """App, metric, quantity and amount of each line; corrections are marked."""
    return [
        (
            line["app_id"],
            ("~" if line["charge_class"] == "correction" else "") + line["metric"],
            line["quantity"],
            f"{Decimal(line['amount']):.2f}",
        )
        for line in entry.body["lines"]
    ]


INVOICE = "INV-quarterhour-2026-{:06}"


def test_documents_are_numbered_in_the_order_of_their_months(documents: dict[str, Entry]) -> None:
    """January is a trial's, August has nothing to charge: neither has a document."""
    assert {number: entry.body["document_id"] for number, entry in documents.items()} == {
        INVOICE.format(1): "acme-2026-02",
        INVOICE.format(2): "acme-2026-03",
        INVOICE.format(3): "acme-2026-04",
        INVOICE.format(4): '["order","acme","o2"]',
        INVOICE.format(5): "acme-2026-05",
        INVOICE.format(6): "acme-2026-06",
        INVOICE.format(7): "acme-2026-07",
        "CRN-quarterhour-2026-000001": '["credit","acme","e31"]',
        "VOI-quarterhour-2026-000001": '["credit","acme","e32"]',
    }


@pytest.mark.parametrize(
    ("number", "lines"),
    [
        # From 3 February: 26 of 28 days. 2 x 15 x 26/28 = 27.857…, 99 x 26/28 = 91.928…; then March.
        (
            1,
            [
                ("bot", "billing_sessions", 100, "12.00"),
                ("bot", "agent_seats", 2, "27.86"),
                ("bot", "base_fee", 1, "91.93"),
                ("bot", "agent_seats", 2, "30.00"),
                ("bot", "base_fee", 1, "99.00"),
            ],
        ),
        # From 10 March, after the clocks changed: 22 of 31 whole local days. Essential's fees come back:
        # 30 x 22/31 = 21.290…, 99 x 22/31 = 70.258…; Advanced's: 24 x 22/31 = 17.032…, 299 x 22/31 = 212.193…
        (
            2,
            [
                ("bot", "billing_sessions", 30, "3.60"),
                ("bot", "alert_sessions", 1200, "24.00"),  # volume: beyond 1,000 all at 0.02
                ("bot", "agent_seats", -2, "-21.29"),
                ("bot", "agent_seats", 2, "17.03"),
                ("bot", "base_fee", -1, "-70.26"),
                ("bot", "base_fee", 1, "212.19"),
                ("bot", "agent_seats", 2, "24.00"),
                ("bot", "base_fee", 1, "299.00"),
            ],
        ),
        (
            3,
            [
                ("bot", "alert_sessions", 10, "0.25"),
                ("bot", "agent_seats", 2, "24.00"),
                ("bot", "base_fee", 1, "299.00"),
            ],
        ),
        (4, [("shop", "top_up", 1, "100.00")]),
        # March with 300 alerts more: 1,500 x 0.02 = 30.00, less the 24.00 that were billed.
        (
            5,
            [
                ("bot", "agent_seats", 2, "24.00"),
                ("bot", "base_fee", 1, "299.00"),
                ("bot", "~alert_sessions", 300, "6.00"),
            ],
        ),
        # June is Advanced's still; July's fees are Essential's, at the prices of 1 July.
        (
            6,
            [
                ("bot", "alert_sessions", 20, "0.50"),
                ("bot", "agent_seats", 2, "32.00"),
                ("bot", "base_fee", 1, "109.00"),
            ],
        ),
        (7, [("bot", "billing_sessions", 40, "5.00")]),  # usage alone, after the cancellation (P4)
    ],
)
def test_every_line(documents: dict[str, Entry], number: int, lines: list[tuple[str, str, int, str]]) -> None:
    assert lines_of(documents[INVOICE.format(number)]) == lines


@pytest.mark.parametrize(
    ("number", "issued", "due", "amounts"),
    [
        (INVOICE.format(1), "2026-03-05", "2026-04-04", "260.79 + 26.08 = 286.87"),
        (INVOICE.format(2), "2026-04-05", "2026-05-05", "488.27 + 48.83 = 537.10"),
        (INVOICE.format(3), "2026-05-05", "2026-06-04", "323.25 + 32.33 = 355.58"),  # 32.325 away from zero
        (INVOICE.format(4), "2026-05-05", "2026-06-04", "100.00 + 10.00 = 110.00"),
        (INVOICE.format(5), "2026-06-05", "2026-07-05", "329.00 + 32.90 = 361.90"),
        (INVOICE.format(6), "2026-07-05", "2026-08-04", "141.50 + 14.15 = 155.65"),
        (INVOICE.format(7), "2026-08-05", "2026-09-04", "5.00 + 0.50 = 5.50"),
        ("CRN-quarterhour-2026-000001", "2026-09-05", "2026-10-05", "-50.00 + -5.00 = -55.00"),
        ("VOI-quarterhour-2026-000001", "2026-09-05", "2026-10-05", "-5.00 + -0.50 = -5.50"),
    ],
)
def test_every_total(documents: dict[str, Entry], number: str, issued: str, due: str, amounts: str) -> None:
    body = documents[number].body
    assert (body["issue_date"], body["due_date"]) == (issued, due)
    subtotal, tax, total = (f"{Decimal(body[name]):.2f}" for name in ("subtotal", "tax", "total"))
    assert f"{subtotal} + {tax} = {total}" == amounts


def test_a_correction_names_its_invoice_its_period_and_its_tiers(documents: dict[str, Entry]) -> None:
    line = documents[INVOICE.format(5)].body["lines"][2]
    assert line["corrects_document_id"] == "acme-2026-03"
    assert (line["charge_period_start_date"], line["charge_period_end_date"]) == ("2026-03-10", "2026-04-01")
    assert [
        (tier["tier_number"], Decimal(tier["quantity"]), Decimal(tier["amount"])) for tier in line["tiers"]
    ] == [(2, 300, 6)]


def read(home: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as marts:
        return marts.sql(query).fetchall()


def test_every_movement_of_the_wallet(home: Path) -> None:
    """500 free from 1 February for 90 days: the rest lapses on 2 May. The order that failed adds nothing."""
    movements = read(home, "select movement_date, movement_kind, credit_kind, amount from wallet_movements")
    assert [(f"{day:%m-%d}", kind, source, f"{amount:.2f}") for day, kind, source, amount in movements] == [
        ("02-01", "free_credit", "free", "500.00"),
        ("02-10", "draw", "free", "-10.00"),
        ("03-15", "draw", "free", "-200.00"),
        ("04-06", "top_up", "paid", "100.00"),
        ("04-20", "draw", "free", "-100.00"),
        ("05-02", "lapse", "free", "-190.00"),
        ("05-10", "draw", "paid", "-20.00"),
    ]
    (wallet,) = read(home, "select free_balance, paid_balance, balance_status, days_left from wallets")
    assert wallet == (Decimal(0), Decimal(80), "Sufficient funds", None)


def test_what_the_wallet_paid_for_is_on_monthly_statements(home: Path) -> None:
    statements = read(
        home,
        "select statement_month, opening_balance, free_credit_amount + top_up_amount, draw_amount,"
        " lapse_amount, closing_balance from wallet_statements",
    )
    assert [(f"{month:%m}", *(f"{amount:.2f}" for amount in amounts)) for month, *amounts in statements] == [
        ("02", "0.00", "500.00", "-10.00", "0.00", "490.00"),
        ("03", "490.00", "0.00", "-200.00", "0.00", "290.00"),
        ("04", "290.00", "100.00", "-100.00", "0.00", "290.00"),
        ("05", "290.00", "0.00", "-20.00", "-190.00", "80.00"),
    ]


def test_the_trial_shows_what_was_used_of_it(home: Path) -> None:
    trial = read(
        home, "select from_date, until_date, included_sessions, used_sessions, excess_sessions from trials"
    )
    assert trial == [(date(2026, 1, 10), date(2026, 1, 31), 2000, 12, 0)]


def test_every_order_and_where_it_was_charged(home: Path) -> None:
    orders = read(
        home,
        "select order_type, order_date, order_status, amount, invoice_number from orders"
        " where order_type != 'month' order by order_date, order_id",
    )
    assert [
        (kind, f"{day:%m-%d}", status, f"{amount:.2f}", number)
        for kind, day, status, amount, number in orders
    ] == [
        ("subscription", "01-10", "completed", "0.00", None),
        ("subscription", "02-01", "completed", "0.00", None),
        ("subscription", "02-03", "completed", "119.79", INVOICE.format(1)),
        ("plan_change", "03-10", "completed", "137.67", INVOICE.format(2)),
        ("top_up", "03-12", "failed", "200.00", None),
        ("top_up", "04-05", "completed", "100.00", INVOICE.format(4)),
        # Essential from 1 July: June's invoice has July's fees, 32.00 + 109.00.
        ("plan_change", "06-15", "completed", "141.00", INVOICE.format(6)),
        ("cancellation", "07-10", "completed", "0.00", None),
    ]
    months = read(
        home, "select comments, amount, invoice_number from orders where order_type = 'month' order by 1"
    )
    assert [(month, f"{amount:.2f}") for month, amount, _ in months] == [
        ("2026-02", "286.87"),
        ("2026-03", "537.10"),
        ("2026-04", "355.58"),
        ("2026-05", "361.90"),
        ("2026-06", "155.65"),
        ("2026-07", "5.50"),
    ]


def test_what_is_still_due(home: Path) -> None:
    """The first is paid, the top-up had been; 55.00 were taken from the second, and all of the last."""
    due = dict(
        read(
            home, "select invoice_id, amount_due from invoices where document_kind = 'invoice' and has_lines"
        )
    )
    assert {name: f"{amount:.2f}" for name, amount in due.items()} == {
        "acme-2026-02": "0.00",
        "acme-2026-03": "482.10",
        "acme-2026-04": "355.58",
        '["order","acme","o2"]': "0.00",
        "acme-2026-05": "361.90",
        "acme-2026-06": "155.65",
        "acme-2026-07": "0.00",
    }


def test_no_event_of_the_life_was_refused(home: Path) -> None:
    assert read(home, "from account_event_refusals") == []


@pytest.mark.parametrize(
    ("number", "amount", "day", "reason"),
    [
        (1, "286.88", 10, "286.88 is more than the 286.87 USD that {} asks for"),
        (2, "482.11", 10, "482.11 is more than the 482.10 USD that {} asks for"),
        (3, "355.58", 10, None),
        (4, "110", 10, "{} is a top-up, which was paid when its order cleared"),
        (7, "5.50", 10, "{} is void since 2026-09-05, by VOI-"),
        (7, "5.50", 4, None),
        (99, "1", 10, "acme has no document {}"),
    ],
)
def test_a_payment_of_what_nobody_owes_is_refused_before_it_is_written(
    home: Path, number: int, amount: str, day: int, reason: str | None
) -> None:
    """On the day of the payment: an invoice was owed until it was void."""
    paid = {"payment_id": "p9", "invoice_number": INVOICE.format(number), "amount": amount}
    at, now = datetime(2026, 9, day, 12, tzinfo=UTC), datetime(2026, 9, 10, 12, tzinfo=UTC)
    entry = Written("acme", "payment_recorded", fields=paid, occurred_at=at)
    if reason is None:
        assert record(home, entry, dry_run=True, now=now).path is None
    else:
        said = "payment_recorded is refused: " + reason.format(INVOICE.format(number))
        with pytest.raises(UsageError, match=f"^{said}"):
            record(home, entry, dry_run=True, now=now)


@pytest.mark.parametrize(
    ("number", "amount", "reason"),
    [
        (INVOICE.format(7), None, "nothing is left of {}: it asked for nothing, or all of it is credited"),
        (INVOICE.format(7), "1", "nothing is left of {}: it asked for nothing, or all of it is credited"),
        (
            "VOI-quarterhour-2026-000001",
            None,
            "{} is itself a credit note or a void, which nothing takes back",
        ),
        (
            "VOI-quarterhour-2026-000001",
            "1",
            "{} is itself a credit note or a void, which nothing takes back",
        ),
    ],
)
def test_a_credit_of_what_is_credited_is_refused_before_it_is_written(
    home: Path, number: str, amount: str | None, reason: str
) -> None:
    fields = {"invoice_number": number, "reason": "again"} | ({"amount": amount} if amount else {})
    entry = Written("acme", "credit_note_requested", fields=fields)
    with pytest.raises(UsageError, match=f"^credit_note_requested is refused: {reason.format(number)}$"):
        record(home, entry, dry_run=True, now=datetime(2026, 9, 10, 12, tzinfo=UTC))


def test_the_ledger_is_as_it_was_written_and_a_changed_byte_is_found(home: Path, tmp_path: Path) -> None:
    assert Ledger(home).verify() == []
    shutil.copytree(home / "ledger", tmp_path / "ledger")
    entry = tmp_path / "ledger" / "00000003.json"
    entry.write_bytes(entry.read_bytes().replace(b"acme", b"acne", 1))
    assert any("00000003.json" in finding for finding in Ledger(tmp_path).verify())


def test_a_line_leads_back_to_its_days_sessions_and_rows(home: Path) -> None:
    """I6: 1,200 alerts in time, and 300 that came later: counted now, 1,500."""
    _, (line,) = explain_invoice(home, INVOICE.format(2), 2)
    assert [(f"{day.usage_date:%m-%d}", day.quantity, day.found) for day in line.days] == [
        ("03-20", 1200, 1200),
        ("03-25", 300, 300),
    ]
    lake = Lake(home)
    conversation_id, _ = line.days[0].sessions[0]
    told = rows_told(lake, terms_of(lake, Settings(home)), conversation_id)
    assert "alerts/2026-03-20/" in told


def test_another_night_issues_nothing_twice(home: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(home, again)
    before = Ledger(again).version()
    assert issue(again).entries == []
    assert Ledger(again).version() == before
