"""Whether an issued document allows the event that names it: the ledger, which the fold cannot see."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from orchestration.billing.unspent import left_of_top_up
from orchestration.ledger import Entry

NAMING = ("payment_recorded", "credit_note_requested")
Fields = Mapping[str, str | bool]


def document_refusal(
    entries: Sequence[Entry], account_id: str, event_type: str, fields: Fields, at: datetime
) -> str | None:
    """Why the document that the event names does not allow it; None if it does, or if the event names none.

    `entries` is the whole ledger. A payment and a credit note are of a document of the account. A payment is
    at most what the document asked for on that day; a credit note is of one that is none itself, at most what
    is left of it before tax, and of a top-up what is left unspent (P10).
    """
    number = fields.get("invoice_number")
    if number is None or event_type not in NAMING:
        return None
    document = next((known for known in entries if known.number == number), None)
    if document is None or document.body["account_id"] != account_id:
        return f"{account_id} has no document {number}; `quarterhour ledger list` shows all"
    amount = _amount(fields)
    if event_type == "payment_recorded":
        return _payment_refusal(document, _corrections(entries, document), amount, at)
    return _credit_refusal(document, _corrections(entries, document), amount) or _spent_refusal(
        document, entries, amount, is_given="amount" in fields
    )


def _payment_refusal(
    document: Entry, corrections: Sequence[Entry], amount: Decimal | None, at: datetime
) -> str | None:
    number, body = document.number, document.body
    if body["document_class"] == "top_up":
        return f"{number} is a top-up, which was paid when its order cleared"
    day = at.astimezone(ZoneInfo(body["zone"])).date()
    by_then = [each for each in corrections if each.issue_date <= day]
    for void in by_then:
        if void.kind == "void":
            return f"{number} is void since {void.issue_date}, by {void.number}"
    asked = sum((Decimal(each.body["total"]) for each in (document, *by_then)), Decimal(0))
    if asked <= 0:
        return (
            f"{number} asks for no money: its total, less credit notes, is {_shown(asked)} {body['currency']}"
        )
    if amount is not None and amount > asked:
        return f"{_shown(amount)} is more than the {_shown(asked)} {body['currency']} that {number} asks for"
    return None


def _credit_refusal(document: Entry, corrections: Sequence[Entry], amount: Decimal | None) -> str | None:
    if document.body["document_class"] == "credit":
        return f"{document.number} is itself a credit note or a void, which nothing takes back"
    left = sum((Decimal(each.body["subtotal"]) for each in (document, *corrections)), Decimal(0))
    if left == 0:
        return f"nothing is left of {document.number}: it asked for nothing, or all of it is credited"
    if amount is not None and amount > left:
        return (
            f"{_shown(amount)} is more than the {_shown(left)} that is left of {document.number}, before tax"
        )
    return None


def _spent_refusal(
    document: Entry, entries: Sequence[Entry], amount: Decimal | None, *, is_given: bool
) -> str | None:
    """Of a top-up what has paid for usage cannot be credited; without an amount all is asked for."""
    left = left_of_top_up(entries, document.body["document_id"])
    if left is None or (is_given and amount is None):
        return None
    if (left.invoiced if amount is None else amount) <= left.unspent:
        return None
    if not left.unspent:
        return f"nothing of {document.number} is left unspent: all of it has paid for usage"
    return (
        f"only {_shown(left.unspent)} of {document.number} is left unspent, before tax: "
        f"the rest has paid for usage. Ask for a credit note of at most that amount"
    )


def _corrections(entries: Sequence[Entry], document: Entry) -> list[Entry]:
    """The credit notes and voids on it; what late usage corrects has documents of its own (I3)."""
    credits = (each for each in entries if each.number and each.body["document_class"] == "credit")
    return [each for each in credits if each.body["corrects_document_id"] == document.body["document_id"]]


def _amount(fields: Fields) -> Decimal | None:
    """None where it is not worth comparing; what is wrong with it the fold says."""
    text = fields.get("amount")
    is_amount = isinstance(text, str) and re.fullmatch(r"[0-9]+([.][0-9]+)?", text) is not None
    return Decimal(str(text)) if is_amount else None


def _shown(amount: Decimal) -> str:
    """With two decimal places, unless it has more."""
    cents = amount.quantize(Decimal("0.01"))
    return f"{cents if cents == amount else amount.normalize():f}"
