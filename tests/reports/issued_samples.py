"""Bodies of ledger entries as `orchestration.billing.documents` writes them, made by hand."""

from decimal import Decimal
from typing import Any

from reports.models.documents import IssuedDocument, issued_document

Body = dict[str, Any]

SELLER = {
    "seller_id": "acme", "legal_name": "Quarter Hour Ltd", "address": "1 Clock Street\nLondon",
    "tax_id": "GB123", "email": "billing@seller.example", "bank_details": "IBAN GB00 1234\nBIC ABCDEF",
    "payment_terms_days": 30, "zone": "UTC",
}  # fmt: skip
ROWS = {"rows": 50, "accepted": 40, "duplicate": 5, "superseded": 2, "excluded": 1, "quarantined": 2}


USAGE = [
    {"app_id": "bot", "app_name": "Bot", "first_date": "2026-03-01",
     "counts": {"usage_sessions": [500, 0, 1000], "voice_sessions": [0, 0, 500]}},
    {"app_id": "shop", "app_name": "Shop", "first_date": "2026-03-30", "counts": {"alert_sessions": [4]}},
]  # fmt: skip
"""What March counted: 1,500 usage and 500 voice sessions of one app, four alerts of another."""


def customer(
    name: str | None = "Zoë GmbH",
    email: str | None = "pay@zoe.example",
    order: str = "PO-7",
    locale: str = "de",
) -> Body:
    return {
        "account_id": "zoe", "account_name": "Zoe", "legal_name": name, "address": "Weg 1\n10115 Berlin",
        "tax_id": "DE1", "email": email, "purchase_order": order, "locale": locale,
    }  # fmt: skip


def line(metric: str, amount: str, **more: Any) -> Body:
    """A line of March; its discount is taken off already."""
    return {
        "line_number": 1, "line_key": f"key/{metric}", "account_id": "zoe", "app_id": "bot",
        "app_name": "Bot", "month_date": "2026-03-01", "line_kind": "usage", "metric": metric,
        "plan_id": "advanced_eur", "plan_version": 1, "price_id": f"advanced_eur/1/{metric}",
        "quantity": 1, "unit_price": amount, "package_size": None, "included_units": None,
        "gross_amount": str(Decimal(amount) + Decimal(more.get("discount_amount", "0.0000"))),
        "discount_amount": "0.0000", "amount": amount, "tax_category": "S", "tax_rate": "19.0000",
        "charge_period_start_date": "2026-03-01", "charge_period_end_date": "2026-04-01",
        "charge_class": "regular", "corrects_document_id": None, "tiers": [], **more,
    }  # fmt: skip


def tier(number: int, quantity: str, unit_price: str, flat_fee: str, amount: str) -> Body:
    return {
        "line_key": "key", "tier_number": number, "quantity": quantity, "unit_price": unit_price,
        "flat_fee": flat_fee, "amount": amount,
    }  # fmt: skip


def tax(category: str, rate: str, taxable: str, amount: str) -> Body:
    return {"tax_category": category, "tax_rate": rate, "taxable_amount": taxable, "tax_amount": amount}


def body(document_id: str, lines: list[Body], taxes: list[Body], **more: Any) -> Body:
    """A document whose sums follow from its lines and taxes."""
    subtotal = sum((Decimal(each["amount"]) for each in lines), Decimal("0.0000"))
    taxed = sum((Decimal(each["tax_amount"]) for each in taxes), Decimal("0.0000"))
    return {
        "document_id": document_id, "document_class": "month", "account_id": "zoe", "currency": "EUR",
        "zone": "Europe/Berlin", "period_start_date": "2026-03-01", "period_end_date": "2026-04-01",
        "order_id": None, "month_date": "2026-03-01", "issue_date": "2026-04-04", "due_date": "2026-05-04",
        "corrects_document_id": None, "seller": SELLER, "customer": customer(),
        "lines": [each | {"line_number": number} for number, each in enumerate(lines, 1)], "taxes": taxes,
        "subtotal": format(subtotal, "f"), "tax": format(taxed, "f"), "total": format(subtotal + taxed, "f"),
        "rows": ROWS, **more,
    }  # fmt: skip


def march() -> Body:
    """An invoice with tiers, a discount, two rates of tax and a correction of February."""
    tiers = [
        tier(1, "500.000000", "0.000000", "0.000000", "0.000000000000"),
        tier(2, "1000.000000", "0.100000", "5.000000", "105.000000000000"),
    ]
    april = {"charge_period_start_date": "2026-04-01", "charge_period_end_date": "2026-05-01"}
    february = {
        "month_date": "2026-02-01", "charge_period_start_date": "2026-02-01",
        "charge_period_end_date": "2026-03-01", "charge_class": "correction",
        "corrects_document_id": "zoe-2026-02",
    }  # fmt: skip
    return body(
        "zoe-2026-03",
        [
            line("usage_sessions", "94.5000", quantity=1500, unit_price=None, tiers=tiers,
                 discount_amount="10.5000"),
            line("voice_sessions", "20.0000", quantity=500, unit_price="0.040000"),
            line("agent_seats", "33.0000", line_kind="fee", quantity=3, unit_price="11.000000",
                 tax_category="AA", tax_rate="7.0000", **april),
            line("base_fee", "279.0000", line_kind="fee", app_id=None, app_name=None, **april),
            line("alert_sessions", "-3.5000", quantity=-35, unit_price="0.100000", **february),
        ],
        [tax("AA", "7.0000", "33.0000", "2.3100"), tax("S", "19.0000", "390.0000", "74.1000")],
        usage=USAGE,
    )  # fmt: skip


def top_up() -> Body:
    """100 EUR that were added to the wallet of an app, and paid."""
    return body(
        "zoe-order-o2",
        [line("top_up", "100.0000", line_kind="top_up", app_id="shop", app_name="Shop", plan_id="payg_eur")],
        [tax("S", "19.0000", "100.0000", "19.0000")],
        document_class="top_up", order_id="o2", due_date="2026-05-04",
    )  # fmt: skip


def credit_note(corrects: str = "zoe-2026-03") -> Body:
    """Ten off, as a document of its own."""
    return body(
        "zoe-credit-1",
        [line("credit", "-10.0000", line_kind="credit", app_id=None, unit_price=None,
              corrects_document_id=corrects)],
        [tax("S", "19.0000", "-10.0000", "-1.9000")],
        document_class="credit", corrects_document_id=corrects,
    )  # fmt: skip


def document(kind: str, number: str, content: Body, issue_date: str = "2026-04-04") -> IssuedDocument:
    """As it is read back from the file of its entry."""
    return issued_document(
        {
            "kind": kind, "number": number, "seller_id": "acme", "issue_date": issue_date, "hash": "f" * 64,
            "body": content,
        }
    )  # fmt: skip
