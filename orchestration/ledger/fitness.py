"""What is refused before it would be wrong for ever: floats, sums that do not add up, entries of no kind."""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, get_args

from orchestration.ledger.entries import Kind, LedgerError, NewEntry


def refuse_unfit(new: NewEntry) -> None:
    """Raises for what would be wrong for ever."""
    _refuse_inexact({"inputs": new.inputs, "body": new.body}, new.key)
    flaws = list(wrong_sums(new.body))
    if new.kind not in get_args(Kind):
        flaws.append(f"is of no known kind: {new.kind!r}")
    if not re.fullmatch(r"[\w.-]+", new.seller_id):
        flaws.append(f"has a seller that cannot stand in a number: {new.seller_id!r}")
    if isinstance(new.issue_date, datetime):
        flaws.append("has an instant as its issue date, not a day")
    if new.recorded_at.tzinfo is None:
        flaws.append("was recorded at a time without a zone")
    if not new.key:
        flaws.append("has no key")
    if flaws:
        raise LedgerError(f"{new.key or new.kind} {'; '.join(flaws)}")


def wrong_sums(body: dict[str, Any]) -> Iterator[str]:
    """The sums of a document that do not add up, where it has sums (I4)."""
    sums = ("subtotal", "tax", "total")
    if any(body.get(name) is None for name in sums):
        return
    try:
        subtotal, tax, total = (_amount(body[name]) for name in sums)
        lines = sum((_amount(line["amount"]) for line in body.get("lines") or []), Decimal())
    except (KeyError, TypeError, ValueError) as error:
        yield f"has an amount that is absent or no decimal number: {error} (I4)"
        return
    if subtotal + tax != total:
        yield f"does not add up: subtotal {subtotal} and tax {tax} are not the total {total} (I4)"
    if body.get("lines") is not None and lines != subtotal:
        yield f"does not add up: its lines are {lines}, its subtotal is {subtotal} (I4)"


def _amount(text: object) -> Decimal:
    if not isinstance(text, str) or not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        raise ValueError(repr(text))
    return Decimal(text)


def _refuse_inexact(value: object, place: str) -> None:
    """Raises for whatever would not be read as it was written, a float above all; names its place."""
    match value:
        case None | bool() | int() | str():
            return
        case list() | tuple():
            for position, item in enumerate(value):
                _refuse_inexact(item, f"{place}[{position}]")
        case dict() if all(isinstance(name, str) for name in value):
            for name, item in value.items():
                _refuse_inexact(item, f"{place}.{name}")
        case float():
            raise LedgerError(f"{place} is the float {value}: write money and quantities as text")
        case _:
            raise LedgerError(f"{place} is a {type(value).__name__}, or has names that are no text")
