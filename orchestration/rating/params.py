"""Reads the values of a case, strictly: what is not known is refused by name, nothing is guessed."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from orchestration.dbt import PROJECT_DIR
from orchestration.rating.inputs import (
    MONEY_PLACES,
    MOST_MONEY,
    MOST_UNITS,
    UNIT_PLACES,
    ZERO,
    InvalidError,
    UnsupportedError,
)

DEFAULT_MINOR_UNIT = 2
"""Where a case names neither a currency nor a precision."""
PRECISION = frozenset({"currency", "precision"})
_REMARKS = frozenset({"note", "notes"})
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_LONGEST = 60


def number(value: Any, name: str) -> Decimal:
    """A decimal number of a JSON number or string; no float comes here."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise InvalidError(f"{name} is not a number: {_shown(value)}.")
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise InvalidError(f"{name} is not a decimal number: {_shown(value)}.")
    found = Decimal(value)
    if found and not -_LONGEST < found.adjusted() < _LONGEST:
        raise UnsupportedError(f"{name} has more digits than can be rated.")
    return found


def bounded(value: Any, name: str, most: Decimal, places: int, is_signed: bool = False) -> Decimal:
    """A number below `most` with at most so many decimal places, by default not below zero."""
    found = number(value, name)
    if found < 0 and not is_signed:
        raise InvalidError(f"{name} is below zero: {found:f}.")
    if abs(found) >= most:
        raise UnsupportedError(f"{name} is too large: numbers below {most:f} are rated.")
    if found != round(found, places):
        raise UnsupportedError(f"{name} has more than {places} decimal places.")
    return found


def units(value: Any, name: str = "units") -> Decimal:
    """A quantity."""
    return bounded(value, name, MOST_UNITS, UNIT_PLACES)


def money(value: Any, name: str, is_signed: bool = False) -> Decimal:
    """A price or an amount."""
    return bounded(value, name, MOST_MONEY, MONEY_PLACES, is_signed)


def percentage(value: Any, name: str, most: int = 100) -> Decimal:
    """A percentage."""
    found = bounded(value, name, Decimal(1000), 4)
    if found > most:
        raise InvalidError(f"{name} is above {most} percent: {found:f}.")
    return found


def rounded_money(value: Any, name: str, minor_unit: int) -> Decimal:
    """An amount that stands on a line already: whole minor units (P5)."""
    found = money(value, name)
    if found != round(found, minor_unit):
        raise UnsupportedError(
            f"{name} is a part of a minor unit: what is on a line is rounded already (P5)."
        )
    return found


def day(value: Any, name: str) -> date:
    """A calendar day, YYYY-MM-DD."""
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise InvalidError(f"{name} is not a day such as 2026-03-01: {_shown(value)}.") from None


def items(value: Any, name: str) -> list[Any]:
    """A list with something in it."""
    if not isinstance(value, list) or not value:
        raise InvalidError(f"{name} is not a list with something in it.")
    return value


def without_units(value: Any) -> None:
    """Refuse units where a model has none."""
    if value is not None:
        raise UnsupportedError("units are given, but this model has none.")


def only(values: Any, known: Iterable[str], name: str) -> dict[str, Any]:
    """An object with no other keys than the known ones; raises UnsupportedError that names them."""
    if not isinstance(values, dict):
        raise InvalidError(f"{name} is not an object.")
    unknown = sorted(values.keys() - set(known) - _REMARKS)
    if unknown:
        raise UnsupportedError(f"{name} has {', '.join(map(_shown, unknown))}, which is not known here.")
    return values


class Params:
    """The parameters of a case, all of them known; a parameter that is null is as good as absent."""

    def __init__(self, values: Any, known: Iterable[str]) -> None:
        self.values = only(values, known, "params")

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def get(self, name: str) -> Any:
        """The value as it is; raises InvalidError where there is none."""
        if name not in self:
            raise InvalidError(f"The parameter {name} is missing.")
        return self.values[name]

    def money(self, name: str) -> Decimal:
        """A price or an amount, not below zero."""
        return money(self.get(name), name)

    def units(self, name: str, default: Decimal = ZERO) -> Decimal:
        """A quantity."""
        return units(self.get(name), name) if name in self else default

    def percentage(self, name: str) -> Decimal:
        """A percentage, by default none."""
        return percentage(self.get(name), name) if name in self else ZERO

    def positive_units(self, name: str) -> Decimal:
        """A quantity that divides others."""
        found = units(self.get(name), name)
        if not found:
            raise InvalidError(f"{name} is zero.")
        return found

    def whole(self, name: str, most: int = 10**9) -> int:
        """A whole number, not below zero."""
        found = bounded(self.get(name), name, Decimal(most), UNIT_PLACES)
        if found != int(found):
            raise InvalidError(f"{name} is not a whole number: {found:f}.")
        return int(found)

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        found = self.values.get(name)
        if found is None:
            return default
        if not isinstance(found, bool):
            raise InvalidError(f"{name} is neither true nor false: {_shown(found)}.")
        return found

    def one_of(self, name: str, allowed: Iterable[str], why: str) -> str:
        """One of some words; raises UnsupportedError, with the reason, for another one."""
        found = self.get(name)
        if found not in tuple(allowed):
            raise UnsupportedError(f"{name} is {_shown(found)}: {why}.")
        return str(found)

    def minor_unit(self) -> int:
        """Decimal places of an amount (P5): those of the currency, or as many as `precision` says."""
        known = _minor_units()
        currency = self.values.get("currency")
        if currency is not None and not isinstance(currency, str):
            raise InvalidError(f"currency is not a code: {_shown(currency)}.")
        places = known.get(currency.upper()) if currency else DEFAULT_MINOR_UNIT
        if "precision" in self:
            precision = self.whole("precision")
            if precision > 4:
                raise UnsupportedError(f"precision is {precision}: a minor unit has at most 4 places (P5).")
            if currency and places not in (None, precision):
                raise UnsupportedError(f"precision is {precision}, but {currency} has {places} places (P5).")
            return precision
        if places is None:
            raise UnsupportedError(f"The currency {_shown(currency)} is not offered.")
        return places


@cache
def _minor_units() -> dict[str, int]:
    with (PROJECT_DIR / "seeds" / "currencies.csv").open(newline="", encoding="utf-8") as seed:
        return {row["currency"]: int(row["minor_unit"]) for row in csv.DictReader(seed)}


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else f"{value!s}"
    return repr(text if len(text) <= 40 else text[:37] + "...")
