"""The rules P2 to P9 once more: slow, in fractions, unit by unit where that can be, and no SQL."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from orchestration.rating.inputs import Charge, Commitment, Document

Money = Fraction


def rounded(amount: Fraction, places: int) -> Money:
    """P5: the nearest multiple of the minor unit; a half goes away from zero."""
    unit = Fraction(1, 10**places)
    whole, rest = divmod(abs(amount), unit)
    nearest = (whole + (1 if 2 * rest >= unit else 0)) * unit
    return nearest if amount >= 0 else -nearest


@dataclass(frozen=True)
class ReferenceCharge:
    """What a charge should come to; without an amount where units are left over."""

    gross: Money | None
    discount: Money | None
    adjustment: Money | None
    amount: Money | None


def reference_charge(charge: Charge) -> ReferenceCharge:
    """P2, P3, P5 to P8."""
    exact = _exact(charge)
    if exact is None:
        return ReferenceCharge(None, None, None, None)
    places = charge.minor_unit
    gross = rounded(exact * charge.charged_days / charge.period_days, places)
    discount = rounded(gross * Fraction(charge.percent_discount) / 100, places)
    amount = gross - discount
    if charge.maximum_spend is not None:
        amount = min(amount, rounded(Fraction(charge.maximum_spend), places))
    if charge.minimum_spend is not None and amount == gross - discount:
        amount = max(amount, rounded(Fraction(charge.minimum_spend), places))
    return ReferenceCharge(gross, discount, amount - (gross - discount), amount)


def units_of(charge: Charge) -> Fraction:
    """What is billable: packages where there is a package size."""
    units = max(Fraction(charge.quantity) - Fraction(charge.included_units), Fraction(0))
    if charge.package_size is None:
        return units
    packages = 0
    while packages * Fraction(charge.package_size) < units:
        packages += 1
    return Fraction(packages)


def _exact(charge: Charge) -> Fraction | None:
    units = units_of(charge)
    tiers = charge.tiers
    if charge.charge_model == "flat":
        return Fraction(tiers[0].flat_fee)
    if not units:
        return Fraction(tiers[0].flat_fee) if charge.is_flat_fee_due_at_zero else Fraction(0)
    if charge.charge_model == "volume":
        for tier in tiers:
            if tier.up_to is None or units <= Fraction(tier.up_to):
                return units * Fraction(tier.unit_price) + Fraction(tier.flat_fee)
        return None
    left, below, total = units, Fraction(0), Fraction(0)
    for tier in tiers:
        if not left:
            break
        taken = left if tier.up_to is None else min(left, Fraction(tier.up_to) - below)
        total += taken * Fraction(tier.unit_price) + Fraction(tier.flat_fee)
        left -= taken
        below += taken
    return None if left else total


def reference_commitment(commitment: Commitment) -> tuple[Money, Money]:
    """P7: the true-up and the surcharge."""
    committed, used = Fraction(commitment.committed_amount), Fraction(commitment.used_amount)
    places, factor = commitment.minor_unit, Fraction(commitment.overage_factor or 1)
    missing = rounded(committed, places) - rounded(used, places)
    true_up = missing if commitment.is_period_over and missing > 0 else Fraction(0)
    return true_up, rounded((used - committed) * (factor - 1), places) if used > committed else Fraction(0)


def reference_shares(amounts: list[Fraction], discount: Fraction, places: int) -> list[Money]:
    """P8: unit by unit, to the line that is furthest below its exact share."""
    unit = Fraction(1, 10**places)
    weights = [max(amount, Fraction(0)) for amount in amounts]
    left = min(rounded(discount, places), max(sum(amounts, Fraction(0)), Fraction(0)))
    if not left:
        return [Fraction(0) for _ in amounts]
    exact = [left * weight / sum(weights) for weight in weights]
    shares = [share // unit * unit for share in exact]
    while sum(shares) < left:
        furthest = max(range(len(shares)), key=lambda place: (exact[place] - shares[place], -place))
        shares[furthest] += unit
    return shares


def reference_document(document: Document) -> dict[str, Any]:
    """P8, P9 and I4."""
    lines = [reference_charge(line.charge) for line in document.lines]
    amounts = [line.amount for line in lines if line.amount is not None]
    places = document.lines[0].charge.minor_unit
    discount = sum(map(Fraction, document.discounts), Fraction(0))
    shares = reference_shares(amounts, discount, places)
    taxes: dict[tuple[str, Fraction], Fraction] = {}
    for line, amount, share in zip(document.lines, amounts, shares, strict=True):
        category = line.category, Fraction(line.tax_rate)
        taxes[category] = taxes.get(category, Fraction(0)) + amount - share
    tax = sum((rounded(base * rate / 100, places) for (_, rate), base in taxes.items()), Fraction(0))
    subtotal = sum(amounts, Fraction(0)) - sum(shares, Fraction(0))
    return {"shares": shares, "subtotal": subtotal, "tax": tax, "total": subtotal + tax}
