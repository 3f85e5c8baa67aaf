"""Cases of proration: whole days, half-open (P6)."""

from __future__ import annotations

import calendar
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.rating.inputs import (
    ONE,
    ZERO,
    Answer,
    Charge,
    InvalidError,
    Question,
    Rated,
    UnsupportedError,
    flat,
)
from orchestration.rating.params import PRECISION, Params, day, items, money, only, without_units

_MONTHLY = ("monthly", "plans are billed by the month (P1)")
_MOST_SCALE = 11


def days_of_period(values: Any, given: Any) -> Question:
    """The days from a day to the end of its period, over the days of that period."""
    without_units(given)
    known = {"from_", "from", "to", "period", "price", "scale"} | PRECISION
    params = Params(values, known)
    if "from_" in params and "from" in params:
        raise InvalidError("There are two first days, from and from_.")
    first = day(params.get("from" if "from" in params else "from_"), "from")
    until = day(params.get("to"), "to")
    begin, end = _period(params, until)
    if not begin <= first < until <= end:
        raise UnsupportedError(f"{first} to {until} is not a part of the period {begin} to {end} (P6).")
    charge, shift = _scaled(params, (until - first).days, (end - begin).days)
    return Question(lambda rated: Answer(rated.amount(0).scaleb(-shift)), charges=(charge,))


def billing_cycles(values: Any, given: Any) -> Question:
    """Calendar months, and the parts of months at both ends."""
    without_units(given)
    params = Params(values, {"start", "end", "billing_cycle_day", "period", "price", "scale"} | PRECISION)
    first, until = day(params.get("start"), "start"), day(params.get("end"), "end")
    if params.whole("billing_cycle_day") != 1:
        raise UnsupportedError("billing_cycle_day is not 1: a period is a calendar month (P6, R17).")
    if "period" in params:
        params.one_of("period", _MONTHLY[:1], _MONTHLY[1])
    if not first < until:
        raise InvalidError(f"{until} does not lie after {first}.")
    if (until - first).days > 36525:
        raise UnsupportedError("More than a hundred years are not rated.")
    parts = [_scaled(params, days, of) for days, of in _months(first, until)]

    def answer(rated: Rated) -> Answer:
        return Answer(sum((rated.amount(n).scaleb(-shift) for n, (_, shift) in enumerate(parts)), ZERO))

    return Question(answer, charges=tuple(charge for charge, _ in parts))


def change_within_period(values: Any, given: Any) -> Question:
    """An upgrade: the days left are credited at the old fee and charged at the new one (P6), each rounded."""
    without_units(given)
    known = {"period", "change_date", "old_cents", "new_cents", "old_amount", "new_amount", "lines",
             "days_left", "days_in_period"} | PRECISION  # fmt: skip
    params = Params(values, known)
    begin, end = _bounds(params.get("period"))
    changed = day(params.get("change_date"), "change_date")
    if not begin <= changed < end:
        raise InvalidError(f"{changed} does not lie in the period {begin} to {end}.")
    left, days = (end - changed).days, (end - begin).days
    for name, counted in (("days_left", left), ("days_in_period", days)):
        if name in params and params.whole(name) != counted:
            raise UnsupportedError(
                f"{name} is {params.whole(name)}; whole days, half-open, are {counted} (P6)."
            )
    old, new, minor_unit = _fees(params)
    if sum(new) < sum(old):
        raise UnsupportedError("A downgrade takes effect at the period's end (P6).")
    fees = tuple(flat(fee, minor_unit, left, days) for fee in (*old, *new))

    def answer(rated: Rated) -> Answer:
        amounts = [rated.amount(place) for place in range(len(fees))]
        credit, charge = -sum(amounts[: len(old)], ZERO), sum(amounts[len(old) :], ZERO)
        return Answer(charge + credit, {"credit": credit, "charge": charge})

    return Question(answer, charges=fees)


def _fees(params: Params) -> tuple[list[Decimal], list[Decimal], int]:
    """The fees that end, those that begin, and the places of both."""
    given = [name for name in ("old_cents", "old_amount", "lines") if name in params]
    new = [name for name in ("new_cents", "new_amount") if name in params]
    if given == ["lines"] and not new:
        return *_changed_lines(params.get("lines")), 0
    if len(given) == 1 and new == [given[0].replace("old", "new")]:
        minor_unit = 0 if given[0] == "old_cents" else params.minor_unit()
        return [params.money(given[0])], [params.money(new[0])], minor_unit
    raise InvalidError("An old and a new fee are needed, both as cents or both as amounts, or lines.")


def _changed_lines(value: Any) -> tuple[list[Decimal], list[Decimal]]:
    """Lines in cents: matched ones have an old and a new fee, others begin or end."""
    lines = only(value, {"matched", "added", "removed"}, "lines")
    read = {
        kind: [money(fee, f"lines.{kind}") for fee in items(lines[kind], f"lines.{kind}")]
        for kind in ("matched", "added", "removed")
        if lines.get(kind)
    }
    matched = read.get("matched", [])
    if len(matched) not in (0, 2):
        raise UnsupportedError("lines.matched is not an old and a new fee.")
    return [*matched[:1], *read.get("removed", [])], [*matched[1:], *read.get("added", [])]


def _period(params: Params, until: date) -> tuple[date, date]:
    """The period as given, or the month that ends at a day and begins on the same day of the month before."""
    if isinstance(params.values.get("period"), list):
        return _bounds(params.get("period"))
    if "period" in params:
        params.one_of("period", _MONTHLY[:1], _MONTHLY[1])
    year, month = (until.year, until.month - 1) if until.month > 1 else (until.year - 1, 12)
    if year < 1:
        raise UnsupportedError("Years before 1 are not rated.")
    return date(year, month, min(until.day, calendar.monthrange(year, month)[1])), until


def _bounds(value: Any) -> tuple[date, date]:
    if not isinstance(value, list) or len(value) != 2:
        raise InvalidError("period is not a first day and the day after the last.")
    begin, end = (day(one, "period") for one in value)
    if not begin < end:
        raise InvalidError(f"{end} does not lie after {begin}.")
    return begin, end


def _months(first: date, until: date) -> list[tuple[int, int]]:
    """Of each calendar month that the days touch: how many of its days, of how many."""
    found = []
    while first < until:
        days = calendar.monthrange(first.year, first.month)[1]
        charged = min(days - first.day + 1, (until - first).days)
        found.append((charged, days))
        if charged < days - first.day + 1:
            break
        first = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return found


def _scaled(params: Params, days: int, period_days: int) -> tuple[Charge, int]:
    """A part of the price, or of 10^scale times it, and by how many places the point is to move back."""
    if "scale" not in params:
        return flat(params.money("price"), params.minor_unit(), days, period_days), 0
    if {"precision", "currency"} & params.values.keys():
        raise UnsupportedError("scale goes without a currency and a precision.")
    scale = params.whole("scale")
    if scale > _MOST_SCALE:
        raise UnsupportedError(f"scale is {scale}: at most {_MOST_SCALE} places are rated.")
    price = params.money("price") if "price" in params else ONE
    return flat(price.scaleb(scale), 0, days, period_days), scale
