"""What an account is asked to pay."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reports import names
from reports.models.checks import FiguresDisagreeError


@dataclass(frozen=True)
class InvoiceTier:
    """What a tier took of a line's units, as `invoice_line_tiers` has it; the amount is exact."""

    tier_number: int
    quantity: Decimal
    unit_price: Decimal
    flat_fee: Decimal
    amount: Decimal


@dataclass(frozen=True)
class InvoiceTax:
    """The tax of a category and rate, on the sum of its lines (P9)."""

    tax_category: str
    tax_rate: Decimal  # percent
    taxable_amount: Decimal
    tax_amount: Decimal


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
    unit_price: Decimal | None  # None where tiers have the prices
    amount: Decimal
    line_kind: str = "usage"
    discount_amount: Decimal = Decimal(0)
    charge_class: str = "regular"
    corrects_invoice_id: str | None = None
    tiers: tuple[InvoiceTier, ...] = ()

    @property
    def shown_app(self) -> str:
        """The app for people; a line without one is the account's."""
        return names.display_name(self.app_name, self.app_id or "All apps")

    @property
    def shown_plan(self) -> str | None:
        """The plan for people."""
        return names.display_name(self.plan_id, "(empty)") if self.plan_id else None

    @property
    def shows_tiers(self) -> bool:
        """Whether one price and one quantity do not tell the amount."""
        return len(self.tiers) > 1 or self.unit_price is None or any(tier.flat_fee for tier in self.tiers[1:])

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
    """A month's invoice, a draft or issued; refused where I4 does not hold."""

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
    taxes: tuple[InvoiceTax, ...] = ()
    status: str = "draft"
    invoice_number: str | None = None
    issue_date: date | None = None
    due_date: date | None = None
    credited_amount: Decimal = Decimal(0)
    paid_amount: Decimal = Decimal(0)
    ledger_hash: str | None = None

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

    @property
    def is_draft(self) -> bool:
        """I1."""
        return self.status != "issued"

    @property
    def shown_id(self) -> str:
        """The number for people, or the draft's id."""
        return names.display_name(self.invoice_number or self.invoice_id, "(empty)")
