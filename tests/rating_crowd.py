"""Charges, commitments and documents: quantities on the bounds of tiers, amounts on half a minor unit."""

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

from orchestration.rating.inputs import Charge, Commitment, Document, Line, Tier, flat

Dice = random.Random
MODELS = ("flat", "per_unit", "graduated", "volume", "package")
SLIVER = Decimal("0.000001")


def decimal(dice: Dice, most: int, places: int) -> Decimal:
    """A number from 0 to `most`, of at most so many places; small and round ones are frequent."""
    if dice.random() < 0.4:
        return Decimal(dice.randint(0, min(most, 12)))
    scale = dice.randint(0, places)
    return Decimal(dice.randint(0, most * 10**scale)).scaleb(-scale)


def tiers_of(dice: Dice, is_open: bool) -> tuple[Tier, ...]:
    """One to five tiers; prices have up to twelve places, many end on a half of a minor unit."""
    count = dice.randint(1, 5)
    bounds = sorted({decimal(dice, 200, 3) + 1 for _ in range(count)})
    last: list[Decimal | None] = [None] if is_open else []
    return tuple(
        Tier(bound, dice.choice([decimal(dice, 20, 12), Decimal("0.005"), Decimal("0.5"), Decimal(0)]),
             dice.choice([Decimal(0), decimal(dice, 100, 6)]))
        for bound in [*bounds, *last]
    )  # fmt: skip


def charge(dice: Dice, model: str | None = None) -> Charge:
    """Any charge."""
    model = model or dice.choice(MODELS)
    tiers = tiers_of(dice, is_open=dice.random() < 0.9)
    if model == "flat":
        tiers = (Tier(flat_fee=decimal(dice, dice.choice([5000, 10**13]), 12)),)
    elif model in ("per_unit", "package"):
        tiers = (Tier(unit_price=decimal(dice, 50, 12)),)
    is_packaged = model == "package" or (model != "flat" and dice.random() < 0.2)
    days = dice.choice([1, 28, 29, 30, 31, 365])
    made = Charge(
        charge_model=model,
        tiers=tiers,
        package_size=decimal(dice, 30, 6) + SLIVER * 10**5 if is_packaged else None,
        included_units=Decimal(0) if model == "flat" else dice.choice([Decimal(0), decimal(dice, 50, 6)]),
        percent_discount=dice.choice([Decimal(0), Decimal(50), Decimal(100), decimal(dice, 100, 4)]),
        minor_unit=dice.randint(0, 4),
        charged_days=dice.randint(0, days),
        period_days=days,
        is_flat_fee_due_at_zero=dice.random() < 0.5,
    )
    if dice.random() < 0.5:
        made = replace(made, charged_days=1, period_days=1)
    return bounded(dice, made.of(quantity(dice, made)))


def bounded(dice: Dice, made: Charge) -> Charge:
    """The charge with a minimum spend, a maximum spend, both or none."""
    low, high = sorted([decimal(dice, 1000, 6), decimal(dice, 3000, 6)])
    return replace(
        made,
        minimum_spend=low if dice.random() < 0.3 else None,
        maximum_spend=high if dice.random() < 0.3 else None,
    )


def quantity(dice: Dice, made: Charge) -> Decimal:
    """A quantity, if possible one at which something changes."""
    steps = [tier.up_to * (made.package_size or 1) for tier in made.tiers if tier.up_to is not None]
    steps += [Decimal(0), made.package_size or Decimal(1)]
    step = (dice.choice(steps) + made.included_units).quantize(SLIVER)
    return max(dice.choice([step, step + SLIVER, step - SLIVER, decimal(dice, 400, 6)]), Decimal(0))


def commitment(dice: Dice) -> Commitment:
    """Any commitment; the usage is often near it."""
    factor = dice.choice([None, Decimal(1), Decimal("1.5"), 1 + decimal(dice, 3, 6)])
    committed = decimal(dice, 5000, 6)
    near = max(committed + Decimal(dice.randint(-60, 60)).scaleb(-dice.randint(0, 5)), Decimal(0))
    used = dice.choice([near, decimal(dice, 9000, 6)])
    return Commitment(committed, used, factor, dice.randint(0, 4), is_period_over=dice.random() < 0.5)


def document(dice: Dice) -> Document:
    """Lines of any sign, often alike, with a few rates of tax and none to three discounts."""
    places = dice.randint(0, 4)
    lines = [
        Line(flat(dice.choice([1, 1, 1, -1]) * decimal(dice, 3000, places), places),
             dice.choice([Decimal(0), Decimal(19), Decimal("7.5"), Decimal("23.3333")]))
        for _ in range(dice.randint(1, 7))
    ]  # fmt: skip
    if dice.random() < 0.3:
        lines = lines[:1] * dice.randint(1, 7)
    return Document(tuple(lines), tuple(decimal(dice, 2000, 4) for _ in range(dice.randint(0, 3))))


def case_of(made: Charge, units: Any, **params: Any) -> dict[str, Any]:
    """The charge as a published case has it, without its days."""
    [first, *_] = made.tiers
    tiers = [
        {"up_to": text(tier.up_to), "unit": text(tier.unit_price), "flat": text(tier.flat_fee)}
        for tier in made.tiers
    ]
    price: dict[str, dict[str, Any]] = {
        "flat": {"amount": text(first.flat_fee)},
        "per_unit": {"unit_price": text(first.unit_price)},
        "package": {"package_size": text(made.package_size), "package_price": text(first.unit_price)},
    }
    own = price.get(made.charge_model, {"tiers": tiers, "flat_on_zero_usage": made.is_flat_fee_due_at_zero})
    if made.charge_model != "package" and made.package_size is not None:
        own |= {"divide_by": text(made.package_size), "rounding": "up"}
    if made.included_units:
        own["free_units"] = text(made.included_units)
    spend = {"min_spend": text(made.minimum_spend), "max_spend": text(made.maximum_spend)}
    given = {**own, **spend, "percent_discount": text(made.percent_discount), "precision": made.minor_unit}
    return {"category": "pricing", "model": made.charge_model, "params": given | params, "units": units}


def text(number: Decimal | None) -> str | None:
    """As JSON has it."""
    return None if number is None else f"{number:f}"
