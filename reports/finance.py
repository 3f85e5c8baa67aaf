"""The CSV files that finance receives as texts: register, journal, receivables. Pure; money is Decimal."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from reports import formats
from reports.csvs import Cell, Money, csv_text, guarded, plain
from reports.models.documents import IssuedDocument

__all__ = [
    "REVENUE_CODES",
    "REVENUE_NAMES",
    "TAX_CODES",
    "Chart",
    "OpenDocument",
    "PaidDraw",
    "Posting",
    "document_postings",
    "draw_postings",
    "guarded",
    "journal",
    "receivables",
    "register",
]

_GROUPS = {
    "billing_sessions": "sessions",
    "usage_sessions": "sessions",
    "request_sessions": "sessions",
    "alert_sessions": "sessions",
    "voice_sessions": "voice",
    "agent_seats": "seats",
    "base_fee": "fees",
    "minimum_commitment": "commitment",
    "credit": "credits",
}
"""The group of revenue that a metric belongs to (P1); any other metric to `other`."""

REVENUE_NAMES = {
    "sessions": "Revenue: billing sessions",
    "voice": "Revenue: voice sessions",
    "seats": "Revenue: agent seats",
    "fees": "Revenue: base fees",
    "commitment": "Revenue: commitments",
    "prepaid": "Revenue: prepaid usage",
    "credits": "Revenue: credits granted",
    "other": "Revenue: other",
}
"""The groups, and what their accounts are called."""

REVENUE_CODES: Mapping[str, str] = MappingProxyType(
    {
        "sessions": "4000",
        "voice": "4010",
        "seats": "4020",
        "fees": "4030",
        "commitment": "4040",
        "prepaid": "4050",
        "credits": "4080",
        "other": "4090",
    }
)
TAX_CODES: Mapping[str, str] = MappingProxyType({"S": "2200", "other": "2290"})


@dataclass(frozen=True)
class Chart:
    """The codes of the accounts that are booked to; in `tax`, by category, `other` stands for the rest."""

    receivables: str = "1100"
    prepayments: str = "2150"
    revenue: Mapping[str, str] = field(default_factory=lambda: REVENUE_CODES)
    tax: Mapping[str, str] = field(default_factory=lambda: TAX_CODES)


@dataclass(frozen=True)
class PaidDraw:
    """What an entry of the ledger drew from an app's paid funds for a month's usage (P10)."""

    key: str
    booking_date: date
    account_id: str
    app_id: str
    month: date
    currency: str
    amount: Decimal  # below zero where it was given back


@dataclass(frozen=True)
class OpenDocument:
    """A document that something is due on, on a day of its seller."""

    document: IssuedDocument
    as_of: date
    credited: Decimal
    paid: Decimal
    amount_due: Decimal

    @property
    def days_overdue(self) -> int:
        """Whole days since the last one on which it could be paid in time."""
        return max(0, (self.as_of - self.document.due_date).days)


class Posting(NamedTuple):
    """One booking to one account: above zero a debit, below zero a credit."""

    document: str
    booking_date: date
    code: str
    name: str
    amount: Decimal
    currency: str
    text: str


_Side = tuple[str, str, Decimal, str]
"""Code and name of an account, what is booked to it, and the text."""


def register(documents: Iterable[IssuedDocument], numbers: Mapping[str, str]) -> str:
    """The documents, in the order in which they were issued; `numbers` has them by document id."""
    header = (
        "number", "kind", "issue_date", "due_date", "customer", "net", "tax", "total", "currency",
        "corrects", "customer_id",
    )  # fmt: skip
    return csv_text(header, (_registered(each, numbers) for each in documents))


def _registered(document: IssuedDocument, numbers: Mapping[str, str]) -> Sequence[Cell]:
    invoice, currency = document.invoice, document.currency
    return (
        document.number,
        document.kind,
        document.issue_date,
        document.due_date,
        document.customer.name,
        *(Money(amount, currency) for amount in (invoice.subtotal, invoice.tax, invoice.total)),
        currency,
        " ".join(numbers.get(document_id, document_id) for document_id in document.corrected_ids),
        document.customer.party_id,
    )


def journal(postings: Iterable[Posting]) -> str:
    """Bookings by double entry: of each document, the debits are the credits."""
    header = (
        "document_number", "booking_date", "account_code", "account_name", "debit", "credit", "currency",
        "text",
    )  # fmt: skip
    rows = (
        (
            each.document,
            each.booking_date,
            each.code,
            each.name,
            Money(each.amount, each.currency) if each.amount > 0 else None,
            Money(-each.amount, each.currency) if each.amount < 0 else None,
            each.currency,
            each.text,
        )
        for each in postings
    )
    return csv_text(header, rows)


_AGES = ("not_due", "overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_over_90")


def receivables(open_documents: Iterable[OpenDocument]) -> str:
    """What is open, by age: the amount due stands once more below the days by which it is overdue."""
    header = (
        "as_of", "number", "kind", "customer", "issue_date", "due_date", "days_overdue", "total", "credited",
        "paid", "amount_due", *_AGES, "currency", "customer_id",
    )  # fmt: skip
    return csv_text(header, (_receivable(each) for each in open_documents))


def _receivable(item: OpenDocument) -> Sequence[Cell]:
    document, currency = item.document, item.document.currency
    age = min(4, -(-item.days_overdue // 30))  # thirty days to an age, the first day of each begins it
    amounts = (document.invoice.total, item.credited, item.paid, item.amount_due)
    return (
        item.as_of,
        document.number,
        document.kind,
        document.customer.name,
        document.issue_date,
        document.due_date,
        item.days_overdue,
        *(Money(amount, currency) for amount in amounts),
        *(Money(item.amount_due, currency) if age == place else None for place in range(len(_AGES))),
        currency,
        document.customer.party_id,
    )


def document_postings(
    document: IssuedDocument, chart: Chart, top_ups: frozenset[str] = frozenset()
) -> list[Posting]:
    """The total to receivables, against the lines' net amounts and each category's tax.

    The net of a top-up is no revenue yet, but owed to the customer (P10), and so is what a credit note takes
    from one; `top_ups` are the ids of such documents.
    """
    customer = f"{document.customer.name} ({document.customer.party_id})"
    sides = [
        (chart.receivables, "Trade receivables", document.invoice.total, customer),
        *_net_sides(
            document, chart, customer, document.is_top_up or document.corrects_document_id in top_ups
        ),
        *_tax_sides(document, chart, customer),
    ]
    return [
        Posting(document.number, document.issue_date, code, name, amount, document.currency, text)
        for code, name, amount, text in sides
        if amount
    ]


def _net_sides(document: IssuedDocument, chart: Chart, customer: str, is_prepayment: bool) -> Iterator[_Side]:
    """By account and charge period: fees are charged in advance (P4), and finance may have to defer them."""
    nets: defaultdict[tuple[str, str, date, date], Decimal] = defaultdict(Decimal)
    for line in document.lines:
        account = _prepayments(chart) if is_prepayment else _revenue(chart, _GROUPS.get(line.metric, "other"))
        nets[*account, line.charge_period_start_date, line.charge_period_end_date] += line.amount
    for (code, name, start, end), amount in sorted(nets.items()):
        yield code, name, -amount, f"{customer}: {start} to {end - timedelta(days=1)}"


def _tax_sides(document: IssuedDocument, chart: Chart, customer: str) -> Iterator[_Side]:
    for tax in document.invoice.taxes:
        code = chart.tax.get(tax.tax_category, chart.tax["other"])
        taxable = plain(tax.taxable_amount, document.currency)
        text = f"{customer}: {formats.number(tax.tax_rate)} % on {taxable}"
        yield code, f"Tax payable, category {tax.tax_category}", -tax.tax_amount, text


def draw_postings(draws: Iterable[PaidDraw], chart: Chart) -> Iterator[Posting]:
    """What was owed to the customer becomes revenue, as the wallet pays for usage (P10).

    Free credits do not come into it: nobody paid for them, and nothing is owed.
    """
    for draw in draws:
        if not draw.amount:
            continue
        text = f"{draw.account_id} {draw.app_id}: usage of {draw.month:%Y-%m}"
        sides = ((_prepayments(chart), draw.amount), (_revenue(chart, "prepaid"), -draw.amount))
        for (code, name), amount in sides:
            yield Posting(draw.key, draw.booking_date, code, name, amount, draw.currency, text)


def _revenue(chart: Chart, group: str) -> tuple[str, str]:
    return chart.revenue[group], REVENUE_NAMES[group]


def _prepayments(chart: Chart) -> tuple[str, str]:
    return chart.prepayments, "Customer prepayments"
