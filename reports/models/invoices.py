"""The sums of a document: what an account is asked to pay."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from reports.models.checks import FiguresDisagreeError
from reports.models.document_lines import DocumentLine


class InvoiceTax(NamedTuple):
    """The tax of a category and rate, on the sum of its lines (P9)."""

    tax_category: str
    tax_rate: Decimal  # percent
    taxable_amount: Decimal
    tax_amount: Decimal


@dataclass(frozen=True)
class Invoice:
    """What a document's lines and taxes come to; refused where I4 does not hold."""

    invoice_id: str
    currency: str
    zone: str
    period_start_date: date
    period_end_date: date  # exclusive
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    amount_due: Decimal
    lines: tuple[DocumentLine, ...]
    taxes: tuple[InvoiceTax, ...] = ()
    credited_amount: Decimal = Decimal(0)
    paid_amount: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        summed = sum((line.amount for line in self.lines), Decimal(0))
        if summed != self.subtotal:
            raise FiguresDisagreeError(
                f"invoice {self.invoice_id}: lines add up to {summed}, subtotal {self.subtotal}"
            )
        if self.subtotal + self.tax != self.total:
            raise FiguresDisagreeError(
                f"invoice {self.invoice_id}: {self.subtotal} + {self.tax} is not {self.total}"
            )
        if sum((tax.tax_amount for tax in self.taxes), Decimal(0)) != self.tax:
            raise FiguresDisagreeError(f"invoice {self.invoice_id}: taxes do not add up to {self.tax}")
        if self.total - self.credited_amount - self.paid_amount != self.amount_due:
            raise FiguresDisagreeError(
                f"invoice {self.invoice_id}: {self.total} less credits and payments is not {self.amount_due}"
            )
