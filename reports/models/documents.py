"""A document as the ledger has it (I2): read from its entry alone, so that it says the same for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from reports import names
from reports.models.invoices import Invoice, InvoiceLine, InvoiceTax, InvoiceTier
from reports.models.ledger import LedgerLine

_TITLES = {
    "invoice": "Invoice",
    "credit_note": "Credit note",
    "statement": "Usage statement",
    "void": "Cancellation",
}


@dataclass(frozen=True)
class Party:
    """A seller or a customer, as their books said on the day of issue."""

    party_id: str
    name: str
    address: str = ""
    tax_id: str = ""
    email: str = ""
    bank_details: str = ""
    purchase_order: str = ""
    zone: str = "UTC"

    @property
    def shown_name(self) -> str:
        """The name for people; the id where there is none."""
        return names.display_name(self.name, self.party_id)

    @property
    def shown_id(self) -> str:
        """The id for people."""
        return names.display_name(self.party_id, "(empty)")

    @property
    def shown_address(self) -> tuple[str, ...]:
        """The address line by line."""
        return _shown_lines(self.address)

    @property
    def particulars(self) -> tuple[tuple[str, str], ...]:
        """What else tells who it is, each with its label, for people."""
        told = (("Tax id", self.tax_id), ("E-mail", self.email), ("Your order", self.purchase_order))
        return tuple((label, names.display_name(text, "")) for label, text in told if text)

    @property
    def shown_bank_details(self) -> tuple[str, ...]:
        """Where to pay, line by line."""
        return _shown_lines(self.bank_details)


@dataclass(frozen=True)
class DocumentLine(InvoiceLine):
    """A line with what a finance department asks of it beyond its amount."""

    gross_amount: Decimal = Decimal(0)
    tax_category: str = ""
    tax_rate: Decimal = Decimal(0)  # percent
    is_count_hidden: bool = False

    @property
    def shows_tiers(self) -> bool:
        """Tiers would tell a count that is not to be shown (R16)."""
        return super().shows_tiers and not self.is_count_hidden


@dataclass(frozen=True)
class IssuedDocument:
    """An entry of the ledger that has a number; refused where I4 does not hold."""

    kind: str
    document_class: str
    number: str
    month: date  # whose rows `rows` counts
    issue_date: date
    due_date: date
    seller: Party
    customer: Party
    order_id: str | None
    corrects_document_id: str | None
    invoice: Invoice
    lines: tuple[DocumentLine, ...]
    rows: LedgerLine

    @property
    def document_id(self) -> str:
        """By which other documents name it when they correct it."""
        return self.invoice.invoice_id

    @property
    def currency(self) -> str:
        """ISO 4217; of every amount (P0)."""
        return self.invoice.currency

    @property
    def title(self) -> str:
        """The kind in words."""
        return _TITLES.get(self.kind, "Document")

    @property
    def is_top_up(self) -> bool:
        """Whether it charges funds that were added and paid (P10)."""
        return self.document_class == "top_up"

    @property
    def is_payable(self) -> bool:
        """Whether it asks the customer to pay: neither a credit, nor a top-up whose payment has cleared."""
        return self.invoice.total > 0 and not self.is_top_up

    @property
    def shown_order(self) -> str | None:
        """The order that it charges, for people."""
        return names.display_name(self.order_id, "(empty)") if self.order_id else None

    @property
    def shown_correction(self) -> str | None:
        """The document that it takes from as a whole, for people."""
        corrected = self.corrects_document_id
        return names.display_name(corrected, "(empty)") if corrected else None

    @property
    def corrected_ids(self) -> tuple[str, ...]:
        """Ids of all documents that it corrects, as a whole or by a line (I3)."""
        named = [self.corrects_document_id, *(line.corrects_invoice_id for line in self.lines)]
        return tuple(dict.fromkeys(document_id for document_id in named if document_id))


def issued_document(entry: Mapping[str, Any]) -> IssuedDocument:
    """The document of a ledger entry, given as the JSON of its file."""
    body = entry["body"]
    hides_seats = entry["kind"] == "statement"  # R16: Enterprise accounts are shown no agent counts
    lines = tuple(_line(line, hides_seats) for line in body["lines"])
    due_date = date.fromisoformat(body["due_date"])
    return IssuedDocument(
        kind=entry["kind"],
        document_class=body["document_class"],
        number=entry["number"],
        month=date.fromisoformat(body["month_date"]),
        issue_date=date.fromisoformat(entry["issue_date"]),
        due_date=due_date,
        seller=_party(body["seller"], entry["seller_id"]),
        customer=_party(body["customer"], body["account_id"]),
        order_id=body["order_id"],
        corrects_document_id=body["corrects_document_id"],
        invoice=_invoice(entry, lines, due_date),
        lines=lines,
        rows=LedgerLine("all", **body["rows"]),
    )


def _invoice(entry: Mapping[str, Any], lines: tuple[DocumentLine, ...], due_date: date) -> Invoice:
    """The sums, checked; on the day of issue nothing was credited or paid."""
    body = entry["body"]
    return Invoice(
        invoice_id=body["document_id"],
        currency=body["currency"],
        zone=body["zone"],
        period_start_date=date.fromisoformat(body["period_start_date"]),
        period_end_date=date.fromisoformat(body["period_end_date"]),
        subtotal=Decimal(body["subtotal"]),
        tax=Decimal(body["tax"]),
        total=Decimal(body["total"]),
        amount_due=Decimal(body["total"]),
        lines=lines,
        taxes=tuple(
            InvoiceTax(
                tax["tax_category"],
                Decimal(tax["tax_rate"]),
                Decimal(tax["taxable_amount"]),
                Decimal(tax["tax_amount"]),
            )
            for tax in body["taxes"]
        ),
        status="issued",
        invoice_number=entry["number"],
        issue_date=date.fromisoformat(entry["issue_date"]),
        due_date=due_date,
        ledger_hash=entry["hash"],
    )


def _line(line: Mapping[str, Any], hides_seats: bool) -> DocumentLine:
    return DocumentLine(
        line_number=line["line_number"],
        app_id=line["app_id"],
        app_name=line["app_name"] or "",
        plan_id=line["plan_id"],
        metric=line["metric"],
        charge_period_start_date=date.fromisoformat(line["charge_period_start_date"]),
        charge_period_end_date=date.fromisoformat(line["charge_period_end_date"]),
        quantity=Decimal(line["quantity"]),
        unit_price=None if line["unit_price"] is None else Decimal(line["unit_price"]),
        amount=Decimal(line["amount"]),
        line_kind=line["line_kind"],
        discount_amount=Decimal(line["discount_amount"]),
        charge_class=line["charge_class"],
        corrects_invoice_id=line.get("corrects_number") or line["corrects_document_id"],
        tiers=tuple(_tier(tier) for tier in line["tiers"]),
        gross_amount=Decimal(line["gross_amount"]),
        tax_category=line["tax_category"],
        tax_rate=Decimal(line["tax_rate"]),
        is_count_hidden=hides_seats and line["metric"] == "agent_seats",
    )


def _tier(tier: Mapping[str, Any]) -> InvoiceTier:
    amounts = {name: Decimal(tier[name]) for name in ("quantity", "unit_price", "flat_fee", "amount")}
    return InvoiceTier(tier_number=tier["tier_number"], **amounts)


def _party(party: Mapping[str, Any], party_id: str) -> Party:
    name = party.get("legal_name") or party.get("account_name") or party_id
    told = ("address", "tax_id", "email", "bank_details", "purchase_order")
    particulars = {field: party.get(field) or "" for field in told}
    return Party(party_id, name, zone=party.get("zone") or "UTC", **particulars)


def _shown_lines(text: str) -> tuple[str, ...]:
    return tuple(names.display_name(line, "") for line in text.splitlines() if line.strip())
