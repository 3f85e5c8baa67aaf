"""How a line's amount follows from its tiers, figure by figure (I6), as the entries of the ledger have it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from reports.models.usage import days_of_month

Line = Mapping[str, Any]

ZERO = Decimal(0)
_EXACT = Context(prec=60)
_USED = {"usage", "minimum_spend", "maximum_spend"}


@dataclass(frozen=True)
class Terms:
    """What a charge's book and price say beyond its line; nothing where the book has no such charge now."""

    minor_unit: int
    is_flat: bool = False
    is_pooled: bool = False
    """Whether all apps of the account are rated together (P0)."""
    minimum_spend: Decimal | None = None
    maximum_spend: Decimal | None = None
    committed: Decimal | None = None
    used: Decimal | None = None
    overage_factor: Decimal | None = None
    percents: Mapping[str, Decimal] = field(default_factory=dict)
    """Of a commitment's prices the discounts in percent."""

    def rounded(self, amount: Decimal | Fraction) -> Decimal:
        """P5: to the minor unit, halves away from zero."""
        exact = Fraction(amount)
        quotient = _EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator))
        return quotient.quantize(self.unit, ROUND_HALF_UP, _EXACT)

    @property
    def unit(self) -> Decimal:
        """The minor unit."""
        return Decimal(1).scaleb(-self.minor_unit)


class Billed(NamedTuple):
    """A line of an issued document."""

    number: str
    line: Line


class Step(NamedTuple):
    """What is done, and what it comes to then."""

    text: str
    amount: Decimal


class _Sums(NamedTuple):
    """Lines of one charge together: what it was rated to when the last of them was issued."""

    quantity: int
    tiers: Decimal
    gross: Decimal
    discount: Decimal
    amount: Decimal


def line_steps(
    line: Line, earlier: Sequence[Billed], month: Sequence[Line], terms: Terms
) -> tuple[Step, ...]:
    """The steps to a line's amount, which is that of the last.

    A correction is what its charge rates to less what `earlier` lines of it have billed (I3). `month` is all
    that was issued for the account's month up to the line's document, the line itself among it.
    """
    whole = _sums([*(each.line for each in earlier), line])
    steps = [*_gross(line, whole, bool(earlier), month, terms)]
    if whole.discount:
        steps.append(Step(f"less a discount of {shown(whole.discount, terms.minor_unit)}", whole.amount))
    left = whole.amount
    for each in earlier:
        left -= Decimal(each.line["amount"])
        amount = shown(each.line["amount"], terms.minor_unit)
        steps.append(Step(f"less {amount} on {each.number}, line {each.line['line_number']}", left))
    return tuple(steps)


def shown(amount: Decimal | str, minor_unit: int) -> str:
    """An amount with all its places, and at least those of the currency."""
    exact = Decimal(amount)
    places = max(minor_unit, -int(exact.normalize(_EXACT).as_tuple().exponent))
    return f"{exact:.{places}f}"


def _gross(line: Line, whole: _Sums, is_again: bool, month: Sequence[Line], terms: Terms) -> Iterator[Step]:
    """The steps to the amount before discounts."""
    kind = line["line_kind"]
    if kind in ("usage", "fee"):
        yield from _tiers(line, whole, is_again, month, terms)
    elif kind in ("minimum_spend", "maximum_spend"):
        yield from _bounds(line, whole, month, terms)
    elif kind in ("commitment", "overage"):
        yield from _commitment(line, whole, month, terms)
    elif kind == "top_up":
        yield Step("funds added", whole.gross)
    elif kind == "credit":
        yield Step("credit given, before tax", whole.gross)


def _tiers(line: Line, whole: _Sums, is_again: bool, month: Sequence[Line], terms: Terms) -> Iterator[Step]:
    yield Step("all tiers" + (", with those of the lines before it" if is_again else ""), whole.tiers)
    days = days_of_month(*_period(line)) if line["line_kind"] == "fee" or terms.is_flat else None
    exact = Fraction(whole.tiers) * Fraction(*days) if days else Fraction(whole.tiers)
    rated = terms.rounded(exact)
    is_shared = terms.is_pooled and line["app_id"] is not None and line["line_kind"] == "usage"
    # Seats before and after a change are charges of their own, each rounded for itself.
    is_apart = not is_shared and rated != whole.gross
    what = [f"{days[0]} of {days[1]} days"] if days else []
    what += ["what was and what is rounded apart"] if is_apart else ["rounded"] if rated != exact else []
    if what:
        yield Step(", ".join(what), whole.gross if is_apart else rated)
    if is_shared:
        yield Step(_share(line, whole, rated, month, terms), whole.gross)


def _share(line: Line, whole: _Sums, rated: Decimal, month: Sequence[Line], terms: Terms) -> str:
    """P0: a contract's charge is shared out to its apps by their units, by largest remainder.

    Not every app has a line of a correction, so that the units of all are not told there.
    """
    units = sum(each["quantity"] for each in month if _charge(each) == _charge(line))
    share = Fraction(rated) * line["quantity"] / units if units else Fraction(0)
    if line["quantity"] != whole.quantity or abs(share - Fraction(whole.gross)) >= terms.unit:
        return "the share of this app, by its units"
    return f"the share of this app, {line['quantity']} of {units} units"


def _bounds(line: Line, whole: _Sums, month: Sequence[Line], terms: Terms) -> Iterator[Step]:
    """P7: what is missing to the least that a price asks for, or beyond the most."""
    is_least = whole.gross > 0
    bound = terms.minimum_spend if is_least else terms.maximum_spend
    named = "least" if is_least else "most"
    beside = [
        each
        for each in month
        if each["line_kind"] in ("usage", "fee")
        and all(each[name] == line[name] for name in ("price_id", "metric", "charge_period_start_date"))
        and (line["app_id"] is None or each["app_id"] == line["app_id"])
    ]
    before = None if bound is None else terms.rounded(bound) - whole.gross
    if bound is None or before is None or not _is_after_percents(before, beside):
        yield Step("bounds of spending, what was and what is taken apart", whole.gross)
        return
    yield from _charged("this price's lines", _sums(beside).gross, before, terms)
    yield Step(
        f"to the {named} that is asked for, {shown(terms.rounded(bound), terms.minor_unit)}", whole.gross
    )


def _commitment(line: Line, whole: _Sums, month: Sequence[Line], terms: Terms) -> Iterator[Step]:
    """P7: what is missing to a commitment, or what usage beyond it costs more."""
    start, end = _period(line)
    lines = [
        each
        for each in month
        if each["line_kind"] in _USED
        and each["metric"] not in ("agent_seats", "base_fee")
        and each["plan_id"] == line["plan_id"]
        and start <= _period(each)[0] < end
        and (line["app_id"] is None or each["app_id"] in (None, line["app_id"]))
    ]
    used = _used(line["line_kind"], whole, lines, terms)
    if used is None or terms.committed is None:
        yield Step("by the commitment of the contract", whole.gross)
        return
    yield from _charged("usage of the period", _sums(lines).gross, used, terms)
    committed = shown(terms.committed, terms.minor_unit)
    if line["line_kind"] == "commitment":
        yield Step(f"to the commitment, {committed}", whole.gross)
        return
    yield Step(f"beyond the commitment, {committed}", used - terms.committed)
    surcharge = shown((terms.overage_factor or Decimal(1)) - 1, 0)
    exact = (used - terms.committed) * Decimal(surcharge)
    yield Step(f"× {surcharge} more for what is beyond it" + _rounding(exact, whole.gross), whole.gross)


def _used(kind: str, whole: _Sums, lines: Sequence[Line], terms: Terms) -> Decimal | None:
    """The usage that a line about a commitment was made of; None where the contract was another then."""
    if terms.committed is None:
        return None
    if kind == "commitment":
        used = terms.rounded(terms.committed) - whole.gross
        return used if _is_after_percents(used, lines) else None
    surcharge = (terms.overage_factor or Decimal(1)) - 1
    candidates = [_after_percents(lines, terms), *([] if terms.used is None else [terms.used])]
    return next(
        (
            each
            for each in candidates
            if terms.rounded((each - terms.committed) * surcharge) == whole.gross
            and _is_after_percents(each, lines)
        ),
        None,
    )


def _after_percents(lines: Sequence[Line], terms: Terms) -> Decimal:
    """P8: a percentage is taken off each charge, and so off all apps' lines of it together."""
    gross: defaultdict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    for line in lines:
        gross[_charge(line)] += Decimal(line["gross_amount"])
    percents = {charge: terms.percents.get(str(charge[2]), ZERO) for charge in gross if charge[0] == "usage"}
    off = (terms.rounded(gross[charge] * percent / 100) for charge, percent in percents.items())
    return sum(gross.values(), ZERO) - sum(off, ZERO)


def _charged(what: str, gross: Decimal, charged: Decimal, terms: Terms) -> Iterator[Step]:
    """What other lines come to; of discounts only those in percent come before P7's lines (P8)."""
    yield Step(f"{what}, gross", gross)
    if charged != gross:
        yield Step(f"less their percentage, {shown(gross - charged, terms.minor_unit)}", charged)


def _is_after_percents(amount: Decimal, lines: Sequence[Line]) -> bool:
    """Whether lines can come to an amount by percentages, which are a part of all their discounts."""
    sums = _sums(lines)
    return min(ZERO, sums.discount) <= sums.gross - amount <= max(ZERO, sums.discount)


def _rounding(exact: Decimal, amount: Decimal) -> str:
    return "" if exact == amount else ", rounded"


def _sums(lines: Sequence[Line]) -> _Sums:
    def total(name: str) -> Decimal:
        return sum((Decimal(line[name]) for line in lines), ZERO)

    return _Sums(
        sum(line["quantity"] for line in lines),
        sum((Decimal(tier["amount"]) for line in lines for tier in line["tiers"]), ZERO),
        total("gross_amount"),
        total("discount_amount"),
        total("amount"),
    )


def _charge(line: Line) -> tuple[object, ...]:
    """What is rated together: the lines of a contract's charge differ in their app alone."""
    names = ("line_kind", "metric", "price_id", "charge_period_start_date")
    return tuple(line[name] for name in names)


def _period(line: Line) -> tuple[date, date]:
    first, last = line["charge_period_start_date"], line["charge_period_end_date"]
    return date.fromisoformat(first), date.fromisoformat(last)
