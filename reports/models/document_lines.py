"""A line of a document, as an entry of the ledger has it, or as it would have it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Any

from reports import names
from reports.models.invoices import InvoiceLine, InvoiceTier
from reports.models.usage import days_of_month

day = lru_cache(4_096)(date.fromisoformat)
decimal = lru_cache(65_536)(Decimal)
"""Entries have the same few days and amounts again and again."""


@dataclass(frozen=True)
class DocumentLine(InvoiceLine):
    """A line with what a finance department asks of it beyond its amount."""

    gross_amount: Decimal = Decimal(0)
    tax_category: str = ""
    tax_rate: Decimal = Decimal(0)  # percent
    is_count_hidden: bool = False
    plan_name: str = ""
    price_id: str | None = None
    line_key: str | None = None
    package_size: Decimal | None = None
    included_units: Decimal | None = None
    """What the price includes in a whole month."""
    is_pooled: bool = False
    """Whether it is rated together with the other apps of its account."""

    @property
    def shown_plan(self) -> str | None:
        """The plan for people: its name, where the entry tells it."""
        return names.display_name(self.plan_name, self.plan_id) if self.plan_id else None

    @property
    def shows_tiers(self) -> bool:
        """Tiers would tell a count that is not to be shown (R16)."""
        return super().shows_tiers and not self.is_count_hidden

    @property
    def allowance(self) -> Decimal | None:
        """Units that the price includes in this period (P2), a part of a month's begun (P6)."""
        is_charge = self.line_kind == "usage" and self.charge_class == "regular"
        if not is_charge or not self.included_units:
            return None
        part = days_of_month(self.charge_period_start_date, self.charge_period_end_date)
        return _begun(self.included_units * part[0] / part[1]) if part else self.included_units

    @property
    def included(self) -> Decimal | None:
        """Units of this line that the fee has paid for; None where it has no part of its own to tell.

        A contract rates all apps together: its tiers are those of the whole, not what the line took.
        """
        if self.is_pooled or self.allowance is None:
            return None
        beyond = max(self.quantity - self.allowance, Decimal(0))
        counted = _begun(beyond / self.package_size) if self.package_size else beyond
        return self.quantity - beyond if counted == self.taken else None

    @property
    def taken(self) -> Decimal:
        """What its tiers took: units, or packages where it is sold by them (P3)."""
        return sum((tier.quantity for tier in self.tiers), Decimal(0))

    @property
    def prorated_days(self) -> tuple[int, int] | None:
        """P6: of a fee for a part of a month its days, and the month's."""
        if self.line_kind != "fee":
            return None
        return days_of_month(self.charge_period_start_date, self.charge_period_end_date)


@dataclass(frozen=True)
class LineGroup:
    """Lines that stand together, under a heading."""

    kind: str  # usage, fees, corrections or other
    lines: tuple[DocumentLine, ...]

    @property
    def period(self) -> tuple[date, date]:
        """The half-open period that its charges span."""
        return (
            min(line.charge_period_start_date for line in self.lines),
            max(line.charge_period_end_date for line in self.lines),
        )


def document_line(line: Mapping[str, Any], is_contract: bool) -> DocumentLine:
    """A line; Enterprise accounts are rated as a whole (P0) and are shown no agent counts (R16)."""
    included = line.get("included_units")
    return DocumentLine(
        line_number=line["line_number"],
        app_id=line["app_id"],
        app_name=line["app_name"] or "",
        plan_id=line["plan_id"],
        metric=line["metric"],
        charge_period_start_date=day(line["charge_period_start_date"]),
        charge_period_end_date=day(line["charge_period_end_date"]),
        quantity=decimal(line["quantity"]),
        unit_price=None if line["unit_price"] is None else decimal(line["unit_price"]),
        amount=decimal(line["amount"]),
        line_kind=line["line_kind"],
        discount_amount=decimal(line["discount_amount"]),
        charge_class=line["charge_class"],
        corrects_invoice_id=line.get("corrects_number") or line["corrects_document_id"],
        tiers=tuple(_tier(tier) for tier in line["tiers"]),
        gross_amount=decimal(line["gross_amount"]),
        tax_category=line["tax_category"],
        tax_rate=decimal(line["tax_rate"]),
        is_count_hidden=is_contract and line["metric"] == "agent_seats",
        plan_name=line.get("plan_name") or "",
        price_id=line["price_id"],
        line_key=line["line_key"],
        package_size=None if line["package_size"] is None else decimal(line["package_size"]),
        included_units=None if included is None else decimal(included),
        is_pooled=is_contract,
    )


def _tier(tier: Mapping[str, Any]) -> InvoiceTier:
    return InvoiceTier(
        tier_number=tier["tier_number"],
        quantity=decimal(tier["quantity"]),
        unit_price=decimal(tier["unit_price"]),
        flat_fee=decimal(tier["flat_fee"]),
        amount=decimal(tier["amount"]),
    )


def _begun(units: Decimal) -> Decimal:
    return units.to_integral_value(ROUND_CEILING)
