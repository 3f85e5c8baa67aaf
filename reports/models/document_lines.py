"""A line of a document, as an entry of the ledger has it, or as it would have it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from reports import names
from reports.models.usage import days_of_month

day = lru_cache(4_096)(date.fromisoformat)
decimal = lru_cache(8_192)(Decimal)
"""Entries have the same few days and amounts again and again."""


class LineTier(NamedTuple):
    """What a tier took of a line's units; the amount is exact."""

    tier_number: int
    quantity: Decimal
    unit_price: Decimal
    flat_fee: Decimal
    amount: Decimal


class DocumentLine(NamedTuple):
    """A line, with what a finance department asks of it beyond its amount; a site has a million of them."""

    line_number: int
    app_id: str | None
    app_name: str
    plan_id: str | None
    plan_name: str
    line_kind: str
    metric: str
    charge_class: str
    corrects_document_id: str | None
    corrects_number: str | None  # None in entries from before lines named it
    charge_period_start_date: date
    charge_period_end_date: date  # exclusive
    quantity: Decimal
    unit_price: Decimal | None  # None where tiers have the prices
    package_size: Decimal | None
    included_units: Decimal | None
    """What the price includes in a whole month."""
    tiers: tuple[LineTier, ...]
    gross_amount: Decimal
    discount_amount: Decimal
    amount: Decimal
    tax_category: str
    tax_rate: Decimal  # percent
    is_count_hidden: bool
    is_pooled: bool
    """Whether it is rated together with the other apps of its account."""

    @property
    def corrects(self) -> str | None:
        """The number of the document that this line takes from; its id in entries that do not name it."""
        return self.corrects_number or self.corrects_document_id

    @property
    def shown_correction(self) -> str | None:
        """The document that this line corrects (I3), for people."""
        if self.charge_class != "correction":
            return None
        return names.display_name(self.corrects, "(unknown)")

    @property
    def shown_tiers(self) -> tuple[LineTier, ...]:
        """Those that tell what one price and one quantity do not; none where counts are hidden (R16)."""
        is_told = len(self.tiers) > 1 or self.unit_price is None
        return self.tiers if is_told and not self.is_count_hidden else ()

    @property
    def allowance(self) -> Decimal | None:
        """Units that the price includes in this period (P2), a part of a month's begun (P6)."""
        if not self.included_units or self.line_kind != "usage" or self.charge_class != "regular":
            return None
        part = days_of_month(self.charge_period_start_date, self.charge_period_end_date)
        return _begun(self.included_units * part[0] / part[1]) if part else self.included_units

    @property
    def included(self) -> Decimal | None:
        """Units of this line that the fee has paid for; None where it has no part of its own to tell.

        A contract rates all apps together: its tiers are those of the whole, not what the line took.
        """
        allowance = None if self.is_pooled else self.allowance
        if allowance is None:
            return None
        beyond = max(self.quantity - allowance, Decimal(0))
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
        corrects_document_id=line["corrects_document_id"],
        corrects_number=line.get("corrects_number"),
        tiers=tuple(map(_tier, line["tiers"])),
        gross_amount=decimal(line["gross_amount"]),
        tax_category=line["tax_category"],
        tax_rate=decimal(line["tax_rate"]),
        is_count_hidden=is_contract and line["metric"] == "agent_seats",
        plan_name=line.get("plan_name") or "",
        package_size=None if line["package_size"] is None else decimal(line["package_size"]),
        included_units=None if included is None else decimal(included),
        is_pooled=is_contract,
    )


def _tier(tier: Mapping[str, Any]) -> LineTier:
    return LineTier(
        tier["tier_number"],
        decimal(tier["quantity"]),
        decimal(tier["unit_price"]),
        decimal(tier["flat_fee"]),
        decimal(tier["amount"]),
    )


def _begun(units: Decimal) -> Decimal:
    return units.to_integral_value(ROUND_CEILING)
