"""A document as the ledger has it (I2), or as it would have it: read from its entry alone.

What is issued says the same for ever: payments and credits that came later are on the orders page.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from reports import names
from reports.models.annex import Annex, annex_of
from reports.models.document_lines import DocumentLine, LineGroup, decimal, document_line
from reports.models.invoices import Invoice, InvoiceTax
from reports.models.ledger import LedgerLine

_TITLES = {
    "invoice": "Invoice",
    "credit_note": "Credit note",
    "statement": "Usage statement",
    "void": "Cancellation",
}
_NO_TAX = "no tax is charged to this account"
"""Of the standard rate where it is 0 %, as for an account that was given none."""
_TAX_CATEGORIES = {
    "S": "standard rate",
    "AA": "reduced rate",
    "Z": "zero rate",
    "E": "exempt from tax",
    "AE": "reverse charge: the tax is for the recipient to pay",
    "K": "intra-community supply, exempt",
    "G": "export, exempt",
    "O": "outside the scope of tax",
}
"""Codes of EN 16931 (UNCL 5305) in words; a category of the operator's own stands for itself."""


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
    terms_days: int | None = None

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


@dataclass(frozen=True, kw_only=True)
class Document:
    """What an entry says; refused where I4 does not hold. By itself it is a draft (I1)."""

    kind: str
    document_class: str
    month: date  # whose rows `rows` counts
    seller: Party
    customer: Party
    order_id: str | None
    corrects: str | None
    """The document that it takes from as a whole, by its number where the entry tells it."""
    reason: str = ""
    invoice: Invoice
    lines: tuple[DocumentLine, ...]
    rows: LedgerLine
    annex: Annex | None = None
    locale: str = ""
    as_of: datetime | None = None
    """Of a draft the watermark: until when it counts what was said."""

    @property
    def document_id(self) -> str:
        """By which other documents name it when they correct it."""
        return self.invoice.invoice_id

    @property
    def is_draft(self) -> bool:
        """I1: not issued, not numbered, not to be paid."""
        return True

    @property
    def file_name(self) -> str:
        """Name of its files, without a suffix."""
        return names.draft_name(self.document_class, self.document_id, self.month)

    @property
    def currency(self) -> str:
        """ISO 4217; of every amount (P0)."""
        return self.invoice.currency

    @property
    def title(self) -> str:
        """The kind in words."""
        return _TITLES.get(self.kind, "Document")

    @property
    def shown_title(self) -> str:
        """The same, saying of a draft that it is one."""
        return f"Draft {self.title.lower()}" if self.is_draft else self.title

    @property
    def shown_number(self) -> str:
        """What it is called, for people: a draft has no number, but an id."""
        return names.display_name(self.document_id, "(empty)")

    @property
    def is_top_up(self) -> bool:
        """Whether it charges funds that were added and paid (P10)."""
        return self.document_class == "top_up"

    @property
    def is_payable(self) -> bool:
        """Whether it asks the customer to pay: neither a credit, nor a top-up whose payment has cleared."""
        return self.invoice.amount_due > 0

    @property
    def is_credit(self) -> bool:
        """Whether it is in the customer's favour."""
        return self.invoice.total < 0

    @property
    def shown_order(self) -> str | None:
        """The order that it charges, for people."""
        return names.display_name(self.order_id, "(empty)") if self.order_id else None

    @property
    def shown_correction(self) -> str | None:
        """The document that it takes from as a whole, for people."""
        return names.display_name(self.corrects, "(empty)") if self.corrects else None

    @property
    def shown_reason(self) -> str | None:
        """Why a credit was given, for people."""
        return names.display_name(self.reason, "") if self.reason else None

    @property
    def groups(self) -> tuple[LineGroup, ...]:
        """The lines in their order, those together that charge alike."""
        return tuple(LineGroup(kind, tuple(lines)) for kind, lines in groupby(self.lines, key=self._group_of))

    def _group_of(self, line: DocumentLine) -> str:
        if line.charge_class == "correction":
            return "corrections"
        if line.line_kind in ("top_up", "credit"):
            return "other"
        return "usage" if line.charge_period_start_date < self.invoice.period_end_date else "fees"

    @property
    def tax_words(self) -> tuple[tuple[str, str], ...]:
        """The codes of its tax categories, and what they mean."""
        rated = {tax.tax_category for tax in self.invoice.taxes if tax.tax_rate}
        codes = dict.fromkeys(tax.tax_category for tax in self.invoice.taxes)
        words = {**_TAX_CATEGORIES, **({} if "S" in rated else {"S": _NO_TAX})}
        return tuple((code, words[code]) for code in codes if code in words)

    @property
    def is_long(self) -> bool:
        """Whether a printed annex by day would be too long to be of use to anyone."""
        return self.annex is not None and len(self.annex.apps) > 100


@dataclass(frozen=True, kw_only=True)
class IssuedDocument(Document):
    """An entry of the ledger that has a number."""

    number: str
    issue_date: date
    due_date: date
    corrects_document_id: str | None
    hash: str
    """Of its entry."""

    @property
    def is_draft(self) -> bool:
        """I2: it never changes."""
        return False

    @property
    def shown_number(self) -> str:
        """The number for people."""
        return names.display_name(self.number, self.document_id)

    @property
    def file_name(self) -> str:
        """Name of its files, without a suffix."""
        return names.document_name(self.number)

    @property
    def corrected_ids(self) -> tuple[str, ...]:
        """Ids of all documents that it corrects, as a whole or by a line (I3)."""
        named = [self.corrects_document_id, *(line.corrects_document_id for line in self.lines)]
        return tuple(dict.fromkeys(document_id for document_id in named if document_id))


def issued_document(entry: Mapping[str, Any]) -> IssuedDocument:
    """The document of a ledger entry, given as the JSON of its file."""
    body = entry["body"]
    return IssuedDocument(
        number=entry["number"],
        issue_date=date.fromisoformat(entry["issue_date"]),
        due_date=date.fromisoformat(body["due_date"]),
        corrects_document_id=body["corrects_document_id"],
        hash=entry["hash"],
        **_told(body, entry["kind"], entry["seller_id"]),
    )


def draft_document(body: Mapping[str, Any], kind: str, as_of: datetime) -> Document:
    """The document that would be issued, were its time come now: of the body of its entry to be."""
    return Document(as_of=as_of, **_told(body, kind, body["seller"]["seller_id"]))


def _told(body: Mapping[str, Any], kind: str, seller_id: str) -> dict[str, Any]:
    is_contract = kind == "statement"
    lines = tuple(document_line(line, is_contract) for line in body["lines"])
    return {
        "kind": kind,
        "document_class": body["document_class"],
        "month": date.fromisoformat(body["month_date"]),
        "seller": _party(body["seller"], seller_id),
        "customer": _party(body["customer"], body["account_id"]),
        "order_id": body["order_id"],
        "corrects": body.get("corrects_number") or body["corrects_document_id"],
        "reason": body.get("reason") or "",
        "invoice": _invoice(body, lines),
        "lines": lines,
        "rows": LedgerLine("all", **body["rows"]),
        "annex": annex_of(body),
        "locale": body["customer"].get("locale") or "",
    }


def _invoice(body: Mapping[str, Any], lines: tuple[DocumentLine, ...]) -> Invoice:
    """The sums, checked: on the day of issue nothing was credited, and paid only what fills a wallet."""
    total = Decimal(body["total"])
    paid = total if body["document_class"] == "top_up" else Decimal(0)
    return Invoice(
        invoice_id=body["document_id"],
        currency=body["currency"],
        zone=body["zone"],
        period_start_date=date.fromisoformat(body["period_start_date"]),
        period_end_date=date.fromisoformat(body["period_end_date"]),
        subtotal=Decimal(body["subtotal"]),
        tax=Decimal(body["tax"]),
        total=total,
        paid_amount=paid,
        amount_due=total - paid,
        lines=lines,
        taxes=tuple(_taxes(body)),
    )


def _taxes(body: Mapping[str, Any]) -> Iterator[InvoiceTax]:
    for tax in body["taxes"]:
        amounts = (decimal(tax[name]) for name in ("tax_rate", "taxable_amount", "tax_amount"))
        yield InvoiceTax(tax["tax_category"], *amounts)


def _party(party: Mapping[str, Any], party_id: str) -> Party:
    name = party.get("legal_name") or party.get("account_name") or party_id
    told = ("address", "tax_id", "email", "bank_details", "purchase_order")
    particulars = {field: party.get(field) or "" for field in told}
    zone, terms = party.get("zone") or "UTC", party.get("payment_terms_days")
    return Party(party_id, name, zone=zone, terms_days=terms, **particulars)


def _shown_lines(text: str) -> tuple[str, ...]:
    return tuple(names.display_name(line, "") for line in text.splitlines() if line.strip())
