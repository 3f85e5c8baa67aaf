"""What the pages say, as dataclasses: figures in, no query and no HTML."""

from reports.models.accounts import Account, Frame, Role, Tab
from reports.models.checks import FiguresDisagreeError
from reports.models.invoices import Invoice, InvoiceTax
from reports.models.ledger import FileWarning, Ledger, LedgerLine, QuarantineReason, ledger_total
from reports.models.pages import RefusedEvent
from reports.models.usage import COUNTS, DayUsage, Measures, next_month

__all__ = [
    "COUNTS",
    "Account",
    "DayUsage",
    "FiguresDisagreeError",
    "FileWarning",
    "Frame",
    "Invoice",
    "InvoiceTax",
    "Ledger",
    "LedgerLine",
    "Measures",
    "QuarantineReason",
    "RefusedEvent",
    "Role",
    "Tab",
    "ledger_total",
    "next_month",
]
