"""Cases of one price: the models of P2 with what surrounds them, and their re-rating (I3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from orchestration.rating.inputs import (
    ZERO,
    Answer,
    Charge,
    InvalidError,
    Question,
    Rated,
    Tier,
    UnsupportedError,
)
from orchestration.rating.params import PRECISION, Params, items, money, number, only, units

NAME = re.compile(
    r"(?P<base>flat|per_unit|graduated|volume|package)"
    r"(?P<words>(_rounded|_slice|_free_allowance|_after_unit_conversion|_(pct|percent)_discount|_then"
    r"|_min_max_spend|_min_spend|_max_spend)*)"
)
"""A model of P2, and what its parameters have beside the price."""

_PRICE: Mapping[str, frozenset[str]] = {
    "flat": frozenset({"amount", "payment_term"}),
    "per_unit": frozenset({"unit_price", "divide_by", "rounding"}),
    "graduated": frozenset({"tiers", "flat_on_zero_usage", "divide_by", "rounding"}),
    "volume": frozenset({"tiers", "flat_on_zero_usage", "divide_by", "rounding"}),
    "package": frozenset({"package_size", "package_price", "rounding"}),
}
_BESIDE = frozenset({"percent_discount", "min_spend", "max_spend", "is_last_line_in_period"}) | PRECISION
_OF_UNITS = frozenset({"free_units"})
_SLICE = frozenset({"pre_line_units", "previously_billed", "already_billed"})
_SNAPSHOTS, _RUNS = "cumulative_snapshots", "cumulative_per_period_at_each_run"
_CREDITS = re.compile(r"credits_already_applied_to_run\d+", re.ASCII)
_PAYMENT_TERMS, _ROUNDED_UP = ("in_advance", "in_arrears"), ("up", "ceiling")
_PROMISES = {
    "_slice": "pre_line_units",
    "_free_allowance": "free_units",
    "_after_unit_conversion": "divide_by",
    "_discount": "percent_discount",
    "_min_": "min_spend",
    "_max_": "max_spend",
}


def rate_charge(base: str, words: str, values: Any, given: Any) -> Question:
    """One charge: of a quantity, of a slice of its period's quantity, or of one quantity after the other."""
    if re.search("_spend.*_discount", words):
        raise UnsupportedError("Percent discounts come before the bounds of spending (P7, P8).")
    is_series = isinstance(given, dict) and bool(given.keys() & {_SNAPSHOTS, _RUNS})
    if isinstance(given, dict) and not is_series:
        return _dimensions(base, values, given)
    params = Params(values, _known(base, values, is_series))
    for word, name in _PROMISES.items():
        if word in words and name not in params.values:
            raise InvalidError(f"The model is called {base}{words}, but the parameter {name} is missing.")
    template = _template(base, params)
    if is_series:
        return _series(template, only(given, {_SNAPSHOTS, _RUNS}, "units"))
    if base == "flat":
        return _slice(template, params, ZERO if given is None else units(given))
    return _slice(template, params, units(given))


def count_packages(values: Any, given: Any) -> Question:
    """Whole packages of a quantity (P3): packages, not money."""
    params = Params(values, {"package_size", "rounding", "pre_line_units"} | _OF_UNITS)
    template = Charge("package", (Tier(),), package_size=_package_size("package", params))
    return _count(replace(template, included_units=params.units("free_units")), params, units(given))


def count_after_allowance(values: Any, given: Any) -> Question:
    """What free units leave of a slice of a period's quantity; without a price that is units, not money."""
    if isinstance(values, dict) and "unit_price" in values:
        return rate_charge("per_unit", "_free_allowance", values, given)
    params = Params(values, {"pre_line_units"} | _OF_UNITS)
    free = units(params.get("free_units"), "free_units")
    return _count(Charge("per_unit", (Tier(),), included_units=free), params, units(given))


def _known(base: str, values: Any, is_series: bool) -> set[str]:
    known = _PRICE[base] | _BESIDE
    if base != "flat":
        known |= _OF_UNITS
        if not is_series:
            known |= _SLICE
        elif isinstance(values, dict):
            known |= {name for name in values if _CREDITS.fullmatch(name)}
    return set(known)


def _template(base: str, params: Params) -> Charge:
    """The charge that the parameters describe, of no units yet."""
    if not params.flag("is_last_line_in_period", True):
        raise UnsupportedError("A charge in arrears is rated on its whole period (P4), not on a part of it.")
    for name in filter(_CREDITS.fullmatch, params.values):
        number(params.values[name], name)  # what paid a bill changes no rating (I4)
    lowest, highest = (params.money(name) if name in params else None for name in ("min_spend", "max_spend"))
    if lowest is not None and highest is not None and lowest > highest:
        raise InvalidError("min_spend is above max_spend.")
    return Charge(
        charge_model=base,
        tiers=_price(base, params),
        package_size=_package_size(base, params),
        included_units=params.units("free_units"),
        percent_discount=params.percentage("percent_discount"),
        minimum_spend=lowest,
        maximum_spend=highest,
        minor_unit=params.minor_unit(),
        is_flat_fee_due_at_zero=params.flag("flat_on_zero_usage"),
    )


def _price(base: str, params: Params) -> tuple[Tier, ...]:
    if base == "flat":
        if "payment_term" in params:
            params.one_of("payment_term", _PAYMENT_TERMS, "charges are in advance or in arrears (P4)")
        return (Tier(flat_fee=params.money("amount")),)
    if base == "per_unit":
        return (Tier(unit_price=params.money("unit_price")),)
    if base == "package":
        return (Tier(unit_price=params.money("package_price")),)
    return read_tiers(params.get("tiers"), "tiers")


def _package_size(base: str, params: Params) -> Decimal | None:
    """P3: packages, and units of a thousand or the like, are whole and rounded up."""
    name = "package_size" if base == "package" else "divide_by"
    if name in params:
        if "rounding" in params or name == "divide_by":
            params.one_of("rounding", _ROUNDED_UP, "packages are rounded up, on the period's total (P3)")
        return params.positive_units(name)
    if base == "package":
        raise InvalidError("The parameter package_size is missing.")
    if "rounding" in params:
        raise UnsupportedError("rounding is known of packages and of units that are divided alone.")
    return None


def read_tiers(value: Any, name: str) -> tuple[Tier, ...]:
    """Tiers with rising bounds, the last one open or closed."""
    tiers = [_tier(row, f"{name}[{place}]") for place, row in enumerate(items(value, name))]
    bounds = [tier.up_to for tier in tiers]
    if None in bounds[:-1]:
        raise InvalidError(f"{name}: a tier that is not the last one has no bound.")
    rising = [ZERO, *(bound for bound in bounds if bound is not None)]
    if any(bound <= below for below, bound in pairwise(rising)):
        raise InvalidError(f"{name}: the bounds do not rise.")
    return tuple(tiers)


def _tier(row: Any, name: str) -> Tier:
    row = only(row, {"up_to", "unit", "flat"}, name)
    if "up_to" not in row:
        raise InvalidError(f"{name} lacks up_to.")
    if row.get("unit") is None and row.get("flat") is None:
        raise InvalidError(f"{name} has neither a unit price nor a flat fee.")
    return Tier(
        up_to=None if row["up_to"] is None else units(row["up_to"], f"{name}.up_to"),
        unit_price=money(row["unit"], f"{name}.unit") if row.get("unit") is not None else ZERO,
        flat_fee=money(row["flat"], f"{name}.flat") if row.get("flat") is not None else ZERO,
    )


def _slice(template: Charge, params: Params, quantity: Decimal) -> Question:
    """The period's total is rated; what came before is rated too and taken off (I3)."""
    before = params.units("pre_line_units")
    billed, already = (
        params.money(name) if name in params else None for name in ("previously_billed", "already_billed")
    )
    if already is not None and (before or billed is not None):
        raise UnsupportedError("already_billed goes with the period's total alone, not with a slice of it.")
    if billed and not before:
        raise UnsupportedError("previously_billed without pre_line_units does not say what was billed.")
    if before and template.minimum_spend is not None and "is_last_line_in_period" not in params:
        raise UnsupportedError(
            "A minimum spend is one true-up of the period (P7); is this slice its last one?"
        )
    earlier = replace(template, quantity=before, minimum_spend=None)

    def answer(rated: Rated) -> Answer:
        last = rated.amount(1) if before else ZERO
        if billed is not None and billed != last:
            raise UnsupportedError(f"previously_billed is {billed:f}, but pre_line_units rate to {last:f}.")
        return Answer(rated.amount(0) - (last if already is None else already), _figures(rated))

    charges = (template.of(before + quantity), *([earlier] if before else []))
    return Question(answer, charges=charges)


def _figures(rated: Rated) -> dict[str, Any]:
    """The first charge less the second, if there is one."""
    signed = list(zip((1, -1), rated.charges, strict=False))
    gross, discount, adjustment = (
        sum((sign * (getattr(one, name) or ZERO) for sign, one in signed), ZERO)
        for name in ("gross_amount", "discount_amount", "spend_adjustment")
    )
    by_tier: dict[int, Decimal] = {}
    for sign, one in signed:
        for tier in one.tiers:
            if tier.tier_number is not None and tier.amount is not None:
                by_tier[tier.tier_number] = by_tier.get(tier.tier_number, ZERO) + sign * tier.amount
    return {
        "gross": gross,
        "discounts": [discount, -adjustment],
        "lines": [by_tier[tier] for tier in sorted(by_tier)],
        "billable_units": sum((sign * one.units for sign, one in signed), ZERO),
    }


def _series(template: Charge, given: Mapping[str, Any]) -> Question:
    """Each quantity is the period's total as known then; a run bills what it adds to the one before (I3)."""
    if len(given) != 1:
        raise InvalidError("units has both snapshots and runs.")
    [(name, listed)] = given.items()
    rows = items(listed, name)
    if name == _RUNS:
        known = [[units(one, name) for one in items(row, name)] for row in rows]
        quantities = [row[-1] for row in known]
    else:
        quantities = [units(one, name) for one in rows]

    def answer(rated: Rated) -> Answer:
        totals = [rated.amount(run) for run in range(len(quantities))]
        runs = differences(totals)
        return Answer(totals[-1] if name == _RUNS else runs[-1], {"per_run_totals": runs})

    return Question(answer, charges=tuple(template.of(quantity) for quantity in quantities))


def differences(totals: Iterable[Decimal]) -> list[Decimal]:
    """Each total less the one before it."""
    runs, before = [], ZERO
    for total in totals:
        runs.append(total - before)
        before = total
    return runs


def _dimensions(base: str, values: Any, given: Mapping[str, Any]) -> Question:
    """Several metrics, each with a price of its own: `<metric>_tiers` or `<metric>_unit`."""
    names = {metric: {f"{metric}_tiers", f"{metric}_unit"} for metric in given}
    params = values if isinstance(values, dict) else {}
    for metric, own in names.items():
        if len(own & params.keys()) != 1 or base not in ("graduated", "volume"):
            raise UnsupportedError(f"units has {metric!r}, which is not known here.")
    reader = Params(values, set().union(*names.values()) | PRECISION)
    if not given:
        raise InvalidError("units is empty.")
    charges = []
    for metric, quantity in given.items():
        if f"{metric}_tiers" in params:
            price = Charge(base, read_tiers(params[f"{metric}_tiers"], f"{metric}_tiers"))
        else:
            price = Charge("per_unit", (Tier(unit_price=reader.money(f"{metric}_unit")),))
        charges.append(replace(price, quantity=units(quantity, metric), minor_unit=reader.minor_unit()))

    def answer(rated: Rated) -> Answer:
        return Answer(sum((rated.amount(place) for place in range(len(charges))), ZERO))

    return Question(answer, charges=tuple(charges))


def _count(template: Charge, params: Params, quantity: Decimal) -> Question:
    before = params.units("pre_line_units")

    def answer(rated: Rated) -> Answer:
        total, earlier = (one.units for one in rated.charges)
        billable = total - earlier
        return Answer(billable, {"billable_units": billable, "discounted_units": quantity - billable})

    return Question(answer, charges=(template.of(before + quantity), template.of(before)))
