"""What the pages say, as dataclasses: figures in, no query and no HTML."""

from reports.models.accounts import Account, Frame, Role, Tab
from reports.models.checks import FiguresDisagreeError
from reports.models.invoices import Invoice, InvoiceLine, InvoiceTax, InvoiceTier, UnratedUsage
from reports.models.ledger import FileWarning, Ledger, LedgerLine, QuarantineReason, ledger_total
from reports.models.pages import AccountPage, IndexPage, IndexRow, MonthPage, MonthSummary, RefusedEvent
from reports.models.usage import COUNTS, AppUsage, DayUsage, Measures, UsageMonth, next_month

__all__ = [
    "COUNTS",
    "Account",
    "AccountPage",
    "AppUsage",
    "DayUsage",
    "FiguresDisagreeError",
    "FileWarning",
    "Frame",
    "IndexPage",
    "IndexRow",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "InvoiceTier",
    "Ledger",
    "LedgerLine",
    "Measures",
    "MonthPage",
    "MonthSummary",
    "QuarantineReason",
    "RefusedEvent",
    "Role",
    "Tab",
    "UnratedUsage",
    "UsageMonth",
    "ledger_total",
    "next_month",
]
