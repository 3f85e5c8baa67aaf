"""The CSV files of the console: what its pages say, for programs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from reports import formats
from reports.csvs import Cell, Money, csv_text
from reports.models.documents import Document, DocumentLine
from reports.models.orders import Billed, Movement, Order

_DOCUMENT = (
    "record", "document", "kind", "line_number", "charge", "metric", "app_id", "app_name", "plan_id",
    "first_day", "last_day", "quantity", "unit_price", "gross_amount", "discount_amount", "amount",
    "tax_category", "tax_rate", "currency", "charge_class", "corrects",
)  # fmt: skip


def document_csv(document: Document) -> str:
    """A document's lines, and below them, by `record`, taxes and totals: the sums of its page (I4)."""
    return csv_text(_DOCUMENT, [*_lines(document), *_sums(document)])


def _lines(document: Document) -> Iterator[Sequence[Cell]]:
    for line in document.lines:
        yield ("line", document.shown_number, document.kind, *_line(line, document.currency))


def _line(line: DocumentLine, currency: str) -> Sequence[Cell]:
    """A line; of seats that may not be counted (R16) only what they come to."""
    price = None if line.unit_price is None else Money(line.unit_price, currency)
    return (
        line.line_number,
        formats.charge(line.line_kind, line.metric),
        line.metric,
        line.app_id,
        line.app_name,
        line.plan_id,
        line.charge_period_start_date,
        line.charge_period_end_date - timedelta(days=1),
        *((None, None) if line.is_count_hidden else (line.quantity, price)),
        *(Money(amount, currency) for amount in (line.gross_amount, line.discount_amount, line.amount)),
        line.tax_category,
        line.tax_rate,
        currency,
        line.charge_class,
        line.corrects_invoice_id if line.charge_class == "correction" else None,
    )


def _sums(document: Document) -> Iterator[Sequence[Cell]]:
    invoice, currency = document.invoice, document.currency
    yield _sum(document, "subtotal", invoice.subtotal)
    for tax in invoice.taxes:
        taxed: dict[str, Cell] = {
            "gross_amount": Money(tax.taxable_amount, currency),
            "tax_category": tax.tax_category,
            "tax_rate": tax.tax_rate,
        }
        yield _sum(document, "tax", tax.tax_amount, taxed)
    yield _sum(document, "tax_total", invoice.tax)
    yield _sum(document, "total", invoice.total)
    yield _sum(document, "credits", invoice.credited_amount)
    yield _sum(document, "payments", invoice.paid_amount)
    yield _sum(document, "amount_due", invoice.amount_due)


def _sum(
    document: Document, record: str, amount: Decimal, more: Mapping[str, Cell] = MappingProxyType({})
) -> Sequence[Cell]:
    cells: dict[str, Cell] = {
        "record": record,
        "document": document.shown_number,
        "kind": document.kind,
        "amount": Money(amount, document.currency),
        "currency": document.currency,
        **more,
    }
    return [cells.get(column) for column in _DOCUMENT]


def orders_csv(orders: Iterable[Order]) -> str:
    """The order history."""
    header = (
        "order_id", "order_date", "order_type", "app_id", "app_name", "plan", "amount", "currency", "status",
        "payment_method", "comments", "invoice",
    )  # fmt: skip
    rows = (
        (
            order.order_id,
            order.order_date,
            order.order_type,
            order.app_id,
            order.app_name,
            order.plan_name,
            Money(order.amount, order.currency),
            order.currency,
            order.status,
            order.payment_method,
            order.comments,
            order.invoice.label if order.invoice else None,
        )
        for order in orders
    )
    return csv_text(header, rows)


def billed_csv(documents: Iterable[Billed]) -> str:
    """The documents, and what has been credited and paid since (I4)."""
    header = (
        "number", "kind", "status", "issue_date", "due_date", "period_first_day", "period_last_day", "total",
        "credits", "payments", "amount_due", "currency", "corrects",
    )  # fmt: skip
    rows = (
        (
            each.files.label,
            each.kind,
            each.status,
            each.issue_date,
            each.due_date,
            each.period_start_date,
            each.period_end_date - timedelta(days=1),
            *(
                Money(amount, each.currency)
                for amount in (each.total, each.credited_amount, each.paid_amount, each.amount_due)
            ),
            each.currency,
            each.corrects,
        )
        for each in documents
    )
    return csv_text(header, rows)


def movements_csv(movements: Mapping[tuple[str, str], Iterable[Movement]], apps: Mapping[str, str]) -> str:
    """Everything that filled or emptied the wallets, by app and currency, each with the balance after it."""
    header = (
        "app_id", "app_name", "currency", "date", "movement", "funds", "month_of_usage", "amount", "balance",
    )  # fmt: skip
    rows = (
        (
            app_id,
            apps.get(app_id),
            currency,
            each.movement_date,
            each.movement_kind,
            each.credit_kind,
            f"{each.month:%Y-%m}" if each.month else None,
            Money(each.amount, currency),
            Money(each.balance, currency),
        )
        for (app_id, currency), found in movements.items()
        for each in found
    )
    return csv_text(header, rows)
