"""The CSV files of the console: what its pages say, for programs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from reports import formats
from reports.csvs import Money, csv_text, guarded, number, plain, written
from reports.models.document_lines import DocumentLine
from reports.models.documents import Document
from reports.models.orders import Billed, Movement, Order

DAY = timedelta(days=1)

_DOCUMENT = (
    "record", "document", "kind", "line_number", "charge", "metric", "app_id", "app_name", "plan_id",
    "first_day", "last_day", "quantity", "included_units", "unit_price", "gross_amount", "discount_amount",
    "amount", "tax_category", "tax_rate", "currency", "charge_class", "corrects",
)  # fmt: skip


def document_csv(document: Document) -> str:
    """A document's lines, and below them, by `record`, taxes and totals: the sums of its page (I4)."""
    head = [guarded(document.shown_number), document.kind]
    lines = (["line", *head, *_line(line, document.currency)] for line in document.lines)
    return written(_DOCUMENT, [*lines, *_sums(document, head)])


def _line(line: DocumentLine, currency: str) -> Sequence[str]:
    """A line; of seats that may not be counted (R16) only what they come to."""
    price = "" if line.unit_price is None else plain(line.unit_price, currency)
    included = "" if line.included is None else number(line.included)
    return (
        str(line.line_number),
        formats.charge(line.line_kind, line.metric),
        line.metric,
        guarded(line.app_id or ""),
        guarded(line.app_name),
        guarded(line.plan_id or ""),
        *_days(line.charge_period_start_date, line.charge_period_end_date),
        *(("", "", "") if line.is_count_hidden else (number(line.quantity), included, price)),
        plain(line.gross_amount, currency),
        plain(line.discount_amount, currency),
        plain(line.amount, currency),
        guarded(line.tax_category),
        number(line.tax_rate),
        currency,
        line.charge_class,
        guarded(line.corrects or "") if line.charge_class == "correction" else "",
    )


@lru_cache(4_096)
def _days(start: date, end: date) -> tuple[str, str]:
    """The first and the last."""
    return start.isoformat(), (end - DAY).isoformat()


def _sums(document: Document, head: Sequence[str]) -> Iterator[Sequence[str]]:
    """Rows with an amount; those of taxes also with what is taxed, in the column of gross amounts."""
    invoice, currency = document.invoice, document.currency
    before, after = [""] * _DOCUMENT[3:].index("gross_amount"), ["", ""]

    def row(
        record: str, amount: Decimal, taxable: str = "", category: str = "", rate: str = ""
    ) -> Sequence[str]:
        told = (taxable, "", plain(amount, currency), category, rate, currency)
        return [record, *head, *before, *told, *after]

    yield row("subtotal", invoice.subtotal)
    for tax in invoice.taxes:
        taxable, rate = plain(tax.taxable_amount, currency), number(tax.tax_rate)
        yield row("tax", tax.tax_amount, taxable, guarded(tax.tax_category), rate)
    yield row("tax_total", invoice.tax)
    yield row("total", invoice.total)
    yield row("credits", invoice.credited_amount)
    yield row("payments", invoice.paid_amount)
    yield row("amount_due", invoice.amount_due)


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
        "document",
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
            each.document_number,
        )
        for (app_id, currency), found in movements.items()
        for each in found
    )
    return csv_text(header, rows)
