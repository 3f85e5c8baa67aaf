"""What is left of a top-up (P10), as the ledger has it: the same as `int_top_ups`, without marts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.ledger import Entry
from transforms.wallets import TopUp, unspent

Wallet = tuple[str, str, str]
Body = dict[str, Any]


@dataclass(frozen=True)
class Left:
    """What credit notes have left of a top-up's invoice, before tax, and what of it is unspent."""

    invoiced: Decimal
    unspent: Decimal


def left_of_top_up(entries: Sequence[Entry], document_id: str) -> Left | None:
    """What a credit note could take of a top-up; None of any other document."""
    documents = [entry.body for entry in entries if entry.number]
    top_ups = {each["document_id"]: each for each in documents if each["document_class"] == "top_up"}
    if document_id not in top_ups:
        return None
    wallet = _wallet(top_ups[document_id])
    funds = {
        id_: TopUp(id_, date.fromisoformat(body["period_start_date"]), _invoiced(id_, documents))
        for id_, body in top_ups.items()
        if _wallet(body) == wallet
    }
    return Left(funds[document_id].amount, unspent(funds.values(), _drawn(entries, wallet))[document_id])


def _wallet(top_up: Body) -> Wallet:
    return top_up["account_id"], top_up["lines"][0]["app_id"], top_up["currency"]


def _invoiced(document_id: str, documents: Iterable[Body]) -> Decimal:
    amounts = (
        Decimal(each["subtotal"])
        for each in documents
        if document_id in (each["document_id"], each["corrects_document_id"])
    )
    return sum(amounts, Decimal(0))


def _drawn(entries: Iterable[Entry], wallet: Wallet) -> Decimal:
    """From paid funds: draws on free credits have one."""
    draws = (draw for entry in entries if entry.kind == "wallet_draws" for draw in entry.body["draws"])
    amounts = (
        Decimal(draw["amount"])
        for draw in draws
        if draw["credit_id"] is None and (draw["account_id"], draw["app_id"], draw["currency"]) == wallet
    )
    return sum(amounts, Decimal(0))
