"""Cases of whole documents: discounts over lines, tax, commitments, credits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from orchestration.rating.inputs import (
    MOST_MONEY,
    ONE,
    ZERO,
    Answer,
    Charge,
    Commitment,
    Document,
    InvalidError,
    Line,
    Question,
    Rated,
    RatedDocument,
    Tier,
    UnsupportedError,
    flat,
)
from orchestration.rating.params import (
    PRECISION,
    Params,
    bounded,
    items,
    money,
    only,
    percentage,
    rounded_money,
    units,
    without_units,
)

MOST_TAX = 999


def round_amount(values: Any, given: Any) -> Question:
    """An amount to its minor unit, halves away from zero (P5)."""
    params = Params(values, PRECISION)
    amount = flat(money(given, "units", is_signed=True), params.minor_unit())
    return Question(lambda rated: Answer(rated.amount(0)), charges=(amount,))


def split_by_weights(values: Any, given: Any) -> Question:
    """An amount over weights, by largest remainder (P8): a discount over lines as large as the weights."""
    without_units(given)
    params = Params(values, {"amount", "weights"} | PRECISION)
    minor_unit = params.minor_unit()
    amount = rounded_money(params.get("amount"), "amount", minor_unit)
    weights = [units(weight, "weights") for weight in items(params.get("weights"), "weights")]
    if not any(weights):
        raise InvalidError("All weights are zero.")
    lines = tuple(Line(flat(weight, minor_unit)) for weight in _as_amounts(weights, amount, minor_unit))
    return Question(_shared, documents=(Document(lines, (amount,)),))


def _as_amounts(weights: Sequence[Decimal], amount: Decimal, minor_unit: int) -> list[Decimal]:
    """The weights times a power of ten: whole minor units, and together not below the amount."""
    shift = 0
    while sum(weights, ZERO).scaleb(shift) < amount or any(
        weight.scaleb(shift) != round(weight.scaleb(shift), minor_unit) for weight in weights
    ):
        shift += 1
    if sum(weights, ZERO).scaleb(shift) >= MOST_MONEY:
        raise UnsupportedError("The weights are too far from the amount to be rated.")
    return [weight.scaleb(shift) for weight in weights]


def spread_discount(values: Any, given: Any) -> Question:
    """A fixed discount over the lines of a document (P8), in cents."""
    params = Params(values, {"discount_cents"})
    discount = rounded_money(params.get("discount_cents"), "discount_cents", 0)
    listed = items(only(given, {"line_cents"}, "units").get("line_cents"), "line_cents")
    lines = tuple(Line(flat(rounded_money(cents, "line_cents", 0), 0)) for cents in listed)

    def answer(rated: Rated) -> Answer:
        [document] = rated.documents
        return Answer(document.subtotal, {"taxable_cents": [line.net_amount for line in document.lines]})

    return Question(answer, documents=(Document(lines, (discount,)),))


def invoice_with_coupon(values: Any, given: Any) -> Question:
    """Fees in cents, a coupon over all of them, and tax."""
    without_units(given)
    params = Params(values, {"coupon_cents", "fees"})
    coupon = rounded_money(params.get("coupon_cents"), "coupon_cents", 0)
    lines = tuple(
        _fee(only(fee, {"name", "sub", "amount_cents", "tax_rate_pct"}, f"fees[{place}]"), f"fees[{place}]")
        for place, fee in enumerate(items(params.get("fees"), "fees"))
    )

    def answer(rated: Rated) -> Answer:
        document = _taxed_once(rated)
        return Answer(document.total, {
            "fees_cents": document.lines_amount,
            "coupons_cents": document.discount_amount,
            "sub_total_excluding_taxes_cents": document.subtotal,
            "taxes_cents": document.tax,
            "coupon_share_cents": [line.discount_share for line in document.lines],
            "tax_cents": [tax.tax_amount for tax in rated.documents[1].taxes],
        })  # fmt: skip

    return Question(answer, documents=_once_and_by_line(lines, (coupon,)))


def _fee(fee: dict[str, Any], name: str) -> Line:
    cents = rounded_money(fee.get("amount_cents"), f"{name}.amount_cents", 0)
    return Line(flat(cents, 0), percentage(fee.get("tax_rate_pct"), f"{name}.tax_rate_pct", MOST_TAX))


def tax_of_lines(values: Any, given: Any) -> Question:
    """The tax of lines in cents; the rate is a fraction of one."""
    without_units(given)
    params = Params(values, {"lines"})
    lines = []
    for place, row in enumerate(items(params.get("lines"), "lines")):
        line = only(row, {"amount_cents", "rate"}, f"lines[{place}]")
        rate = bounded(line.get("rate"), f"lines[{place}].rate", Decimal(10), 6)
        cents = rounded_money(line.get("amount_cents"), f"lines[{place}].amount_cents", 0)
        lines.append(Line(flat(cents, 0), rate.scaleb(2)))

    def answer(rated: Rated) -> Answer:
        document = _taxed_once(rated)
        return Answer(document.tax, {"taxable_cents": [tax.taxable_amount for tax in document.taxes]})

    return Question(answer, documents=_once_and_by_line(tuple(lines)))


def _once_and_by_line(
    lines: tuple[Line, ...], discounts: tuple[Decimal, ...] = ()
) -> tuple[Document, Document]:
    """The document, and the same with each line a tax category of its own."""
    apart = tuple(replace(line, tax_category=f"line {place:09}") for place, line in enumerate(lines))
    return Document(lines, discounts), Document(apart, discounts)


def _taxed_once(rated: Rated) -> RatedDocument:
    """The document as P9 taxes it; refuses where the case's tax by line would be another one."""
    once, by_line = rated.documents
    if once.tax != by_line.tax:
        raise UnsupportedError(
            f"Tax is rounded once per category (P9): {once.tax:f}; by line it would be {by_line.tax:f}."
        )
    return once


def credit_of_unused_days(values: Any, given: Any) -> Question:
    """A fee's unused days (P6) with their tax (P9), each rounded, in cents."""
    without_units(given)
    params = Params(values, {"plan_cents", "tax_rate_pct", "days_in_period", "days_unused"})
    unused, days = params.whole("days_unused"), params.whole("days_in_period")
    if not 0 < days >= unused:
        raise InvalidError(f"{unused} days of {days} are unused.")
    fee = flat(money(params.get("plan_cents"), "plan_cents"), 0, unused, days)
    rate = percentage(params.get("tax_rate_pct"), "tax_rate_pct", MOST_TAX)

    def answer(rated: Rated) -> Answer:
        [document] = rated.documents
        return Answer(document.total, {"sub_total_cents": document.subtotal, "taxes_cents": document.tax})

    return Question(answer, documents=(Document((Line(fee, rate),)),))


def capped_credit(values: Any, given: Any) -> Question:
    """What may still be credited: as a fixed discount, it never takes a document below zero (P8)."""
    params = Params(values, {"original_amount", "previous_credits"} | PRECISION)
    minor_unit = params.minor_unit()
    original, before = (
        rounded_money(params.get(name), name, minor_unit) for name in ("original_amount", "previous_credits")
    )
    line = Line(flat(original, minor_unit))
    credit = rounded_money(given, "units", minor_unit)

    def answer(rated: Rated) -> Answer:
        after, earlier = (document.discount_amount for document in rated.documents)
        return Answer(after - earlier)

    return Question(answer, documents=(Document((line,), (before, credit)), Document((line,), (before,))))


def maximum_of_line(values: Any, given: Any) -> Question:
    """What a maximum spend takes off a line when so much was billed before it (P7)."""
    without_units(given)
    params = Params(values, {"line_amount", "max_spend", "billed_before_line"} | PRECISION)
    minor_unit = params.minor_unit()
    line = rounded_money(params.get("line_amount"), "line_amount", minor_unit)
    billed = params.money("billed_before_line")
    capped = Charge("flat", (), maximum_spend=params.money("max_spend"), minor_unit=minor_unit)
    charges = tuple(replace(capped, tiers=(Tier(flat_fee=amount),)) for amount in (billed + line, billed))

    def answer(rated: Rated) -> Answer:
        after, before = (one.spend_adjustment or ZERO for one in rated.charges)
        return Answer(before - after)

    return Question(answer, charges=charges)


def true_up(values: Any, given: Any) -> Question:
    """What is missing to a commitment when its period is over (P7)."""
    without_units(given)
    params = Params(values, {"commitment", "used_amount"} | PRECISION)
    committed, used = params.money("commitment"), params.money("used_amount")
    commitment = Commitment(committed, used, None, params.minor_unit(), is_period_over=True)
    return Question(lambda rated: Answer(rated.commitments[0].true_up_amount), commitments=(commitment,))


def overage_of_commitment(values: Any, given: Any) -> Question:
    """Usage of an invoice with the surcharge on what goes beyond a commitment of several months (P7)."""
    params = Params(values, {"commitment", "overage_factor", "prior_base", "line_items"} | PRECISION)
    minor_unit = params.minor_unit()
    base = only(given, {"current_base"}, "units").get("current_base")
    current = rounded_money(base, "current_base", minor_unit)
    before = params.money("prior_base")
    factor = bounded(params.get("overage_factor"), "overage_factor", Decimal(1000), 6)
    if factor < ONE:
        raise InvalidError(f"overage_factor is below one: {factor:f}.")
    if "line_items" in params:
        parts = items(params.get("line_items"), "line_items")
        if sum(rounded_money(part, "line_items", minor_unit) for part in parts) != current:
            raise InvalidError("The line items do not add up to current_base.")
    used = [
        Commitment(params.money("commitment"), amount, factor, minor_unit, is_period_over=False)
        for amount in (before + current, before)
    ]

    def answer(rated: Rated) -> Answer:
        after, earlier = (commitment.overage_amount for commitment in rated.commitments)
        return Answer(current + (after - earlier))

    return Question(answer, commitments=tuple(used))


def _shared(rated: Rated) -> Answer:
    [document] = rated.documents
    return Answer(document.discount_amount, {"shares": [line.discount_share for line in document.lines]})
