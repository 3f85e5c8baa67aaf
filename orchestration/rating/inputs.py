"""What the rating models take, row by row, and what they give back. Nothing here computes money."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

ZERO, ONE, PERCENT = Decimal(0), Decimal(1), Decimal("0.01")
MOST_UNITS = Decimal(10) ** 12
MOST_MONEY = Decimal(10) ** 14
UNIT_PLACES, MONEY_PLACES = 6, 12


class RefusalError(Exception):
    """A case that is not rated; the message is a sentence that says why."""

    status = "unsupported"


class UnsupportedError(RefusalError):
    """What the case asks for is not offered, or RULES.md excludes it."""


class InvalidError(RefusalError):
    """The case contradicts itself, lacks something, or has a value that cannot be read."""

    status = "invalid"


@dataclass(frozen=True)
class Tier:
    """A row of `int_charge_tiers`: up to and including `up_to`, or open."""

    up_to: Decimal | None = None
    unit_price: Decimal = ZERO
    flat_fee: Decimal = ZERO


@dataclass(frozen=True)
class Charge:
    """A row of `int_charges`, with its tiers."""

    charge_model: str
    tiers: tuple[Tier, ...]
    quantity: Decimal = ZERO
    package_size: Decimal | None = None
    included_units: Decimal = ZERO
    percent_discount: Decimal = ZERO
    minimum_spend: Decimal | None = None
    maximum_spend: Decimal | None = None
    minor_unit: int = 2
    charged_days: int = 1
    period_days: int = 1
    is_flat_fee_due_at_zero: bool = False

    def of(self, quantity: Decimal) -> Charge:
        """The same charge for another quantity."""
        return replace(self, quantity=quantity)

    @cached_property
    def most(self) -> Decimal:
        """No figure of the charge is above this; it only guards the width of the columns."""
        units = max(self.quantity - self.included_units, ZERO)
        if self.package_size is not None:
            units = units // self.package_size + 1
        if max(self.quantity, units) >= MOST_UNITS:
            raise UnsupportedError("10^12 units or packages, and more, cannot be rated.")
        dearest = max((abs(tier.unit_price) for tier in self.tiers), default=ZERO)
        fees = sum((abs(tier.flat_fee) for tier in self.tiers), ZERO)
        return units * dearest + fees + (self.minimum_spend or ZERO) + (self.maximum_spend or ZERO)


def flat(amount: Decimal, minor_unit: int, charged_days: int = 1, period_days: int = 1) -> Charge:
    """A flat charge, of a part of its period where days are given (P6)."""
    return Charge(
        "flat", (Tier(flat_fee=amount),),
        minor_unit=minor_unit, charged_days=charged_days, period_days=period_days,
    )  # fmt: skip


@dataclass(frozen=True)
class Commitment:
    """A row of `int_commitments`."""

    committed_amount: Decimal
    used_amount: Decimal
    overage_factor: Decimal | None
    minor_unit: int
    is_period_over: bool

    @property
    def most(self) -> Decimal:
        """No figure of the commitment is above this."""
        return self.committed_amount + self.used_amount * max(self.overage_factor or ONE, ONE)


@dataclass(frozen=True)
class Line:
    """A line of a document: a rated charge and its tax."""

    charge: Charge
    tax_rate: Decimal = ZERO
    tax_category: str | None = None

    @property
    def category(self) -> str:
        """As it is given, or EN 16931's standard rate and zero rate."""
        return self.tax_category or ("S" if self.tax_rate else "Z")


@dataclass(frozen=True)
class Document:
    """Lines and the fixed discounts over them (P8)."""

    lines: tuple[Line, ...]
    discounts: tuple[Decimal, ...] = ()

    @property
    def most(self) -> Decimal:
        """No figure of the document is above this."""
        taxed = (line.charge.most * (ONE + line.tax_rate * PERCENT) + ONE for line in self.lines)
        return sum(taxed, ZERO) + sum(self.discounts, ZERO)


@dataclass(frozen=True)
class RatedTier:
    """A row of `int_rated_tiers`."""

    tier_number: int | None
    quantity: Decimal
    unit_price: Decimal | None
    flat_fee: Decimal | None
    amount: Decimal | None


@dataclass(frozen=True)
class RatedCharge:
    """A row of `int_rated_charges`, with its tiers."""

    gross_amount: Decimal | None
    discount_amount: Decimal | None
    spend_adjustment: Decimal | None
    amount: Decimal | None
    tiers: tuple[RatedTier, ...] = ()

    @property
    def units(self) -> Decimal:
        """Billable units, or packages."""
        return sum((tier.quantity for tier in self.tiers), ZERO)


@dataclass(frozen=True)
class RatedCommitment:
    """A row of `int_rated_commitments`."""

    true_up_amount: Decimal
    overage_amount: Decimal


@dataclass(frozen=True)
class RatedLine:
    """A row of `int_discounted_lines`."""

    amount: Decimal
    discount_share: Decimal
    net_amount: Decimal


@dataclass(frozen=True)
class RatedTax:
    """A row of `int_document_taxes`."""

    tax_category: str
    tax_rate: Decimal
    taxable_amount: Decimal
    tax_amount: Decimal


@dataclass(frozen=True)
class RatedDocument:
    """A row of `int_document_totals`, with its lines and taxes."""

    lines_amount: Decimal
    discount_amount: Decimal
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    lines: tuple[RatedLine, ...]
    taxes: tuple[RatedTax, ...]


@dataclass(frozen=True)
class Rated:
    """What became of the rows of one question, in their order."""

    charges: tuple[RatedCharge, ...] = ()
    commitments: tuple[RatedCommitment, ...] = ()
    documents: tuple[RatedDocument, ...] = ()

    def amount(self, index: int) -> Decimal:
        """What a charge comes to; raises InvalidError where units are left that no tier takes."""
        charge = self.charges[index]
        if charge.amount is None:
            left = next(tier.quantity for tier in charge.tiers if tier.amount is None)
            raise InvalidError(f"No tier takes the last {left:f} units: the last tier is closed.")
        return charge.amount


@dataclass(frozen=True)
class Answer:
    """The amount, and the figures on the way to it under the names that published cases use."""

    amount: Decimal
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """A case as rows of the models' inputs, and how their results are its answer.

    `answer` takes differences and sums of results and nothing else; it may refuse.
    """

    answer: Callable[[Rated], Answer]
    charges: tuple[Charge, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    documents: tuple[Document, ...] = ()

    def check(self) -> None:
        """Raise UnsupportedError where a figure may not fit into the models' columns."""
        asked: tuple[Charge | Commitment | Document, ...] = (
            *self.charges,
            *self.commitments,
            *self.documents,
        )
        if any(one.most + ONE >= MOST_MONEY for one in asked):  # rounding may go up by a minor unit
            raise UnsupportedError("Amounts of 10^14 and more cannot be rated.")
