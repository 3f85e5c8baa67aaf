"""What an account is asked to pay."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reports import names
from reports.models.checks import FiguresDisagreeError


@dataclass(frozen=True)
class InvoiceLine:
    """A line of an invoice, as `invoice_line_items` has it."""

    line_number: int
    app_id: str | None
    app_name: str
    plan_id: str | None
    metric: str
    charge_period_start_date: date
    charge_period_end_date: date  # exclusive
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    charge_class: str = "regular"
    corrects_invoice_id: str | None = None

    @property
    def shown_app(self) -> str:
        """The app for people; a line without one is the account's."""
        return names.display_name(self.app_name, self.app_id or "All apps")

    @property
    def shown_plan(self) -> str | None:
        """The plan for people."""
        return names.display_name(self.plan_id, "(empty)") if self.plan_id else None

    @property
    def shown_correction(self) -> str | None:
        """The invoice that this line corrects (I3), for people."""
        if self.charge_class != "correction":
            return None
        return names.display_name(self.corrects_invoice_id, "(unknown)")


@dataclass(frozen=True)
class UnratedUsage:
    """Usage or a fee that no line charges, and why."""

    app_id: str | None
    app_name: str
    metric: str
    quantity: Decimal
    reason: str

    @property
    def shown_app(self) -> str:
        """The app for people; without one it is the account's."""
        return names.display_name(self.app_name, self.app_id or "All apps")

    @property
    def shown_reason(self) -> str:
        """The reason for people."""
        return names.display_name(self.reason, "(no reason)")


@dataclass(frozen=True)
class Invoice:
    """A draft invoice; refused where I4 does not hold."""

    invoice_id: str
    currency: str
    zone: str
    period_start_date: date
    period_end_date: date  # exclusive
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    amount_due: Decimal
    lines: tuple[InvoiceLine, ...]
    unrated: tuple[UnratedUsage, ...] = ()
    tax_category: str | None = None
    tax_rate: Decimal | None = None  # percent
    status: str = "draft"

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

    @property
    def is_draft(self) -> bool:
        """I1."""
        return self.status == "draft"

    @property
    def shown_id(self) -> str:
        """The id for people."""
        return names.display_name(self.invoice_id, "(empty)")
