"""What the pages say, as dataclasses: figures in, no query and no HTML."""

from reports.models.accounts import Account, Frame, Role
from reports.models.checks import FiguresDisagreeError
from reports.models.ledger import FileWarning, Ledger, LedgerLine, QuarantineReason, ledger_total
from reports.models.pages import RefusedEvent
from reports.models.usage import Measures, next_month

__all__ = [
    "Account",
    "FiguresDisagreeError",
    "FileWarning",
    "Frame",
    "Ledger",
    "LedgerLine",
    "Measures",
    "QuarantineReason",
    "RefusedEvent",
    "Role",
    "ledger_total",
    "next_month",
]
