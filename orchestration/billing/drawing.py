"""The nights' draws on the wallets (P10), from the marts into the ledger."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb

from orchestration.ledger import Entry, LedgerWriter, NewEntry
from transforms.wallets import Credit, Draw, Rating, draws_of

Wallet = tuple[str, str, str]
"""Account, app and currency (P0)."""

SELLER = "-"
"""Draws have no number, and so no seller."""

_PLACES = Decimal("0.0001")


def append_draws(
    warehouse: duckdb.DuckDBPyConnection, writer: LedgerWriter, watermark: datetime
) -> Entry | None:
    """Records what the nights up to the watermark draw; None where there is nothing to draw."""
    ratings = _by_wallet(warehouse, _RATINGS, Rating)
    credits = _by_wallet(warehouse, _CREDITS, Credit)
    drawn = _by_wallet(warehouse, _DRAWN, Draw)
    draws = [
        _told(wallet, draw)
        for wallet in sorted(ratings.keys() | drawn.keys())
        for draw in draws_of(ratings[wallet], credits[wallet], drawn[wallet])
    ]
    if not draws:
        return None
    before = warehouse.execute("select count(distinct sequence) from int_wallet_draws").fetchone()
    return writer.append(
        NewEntry(
            kind="wallet_draws",
            seller_id=SELLER,
            key=f"draws/{watermark:%Y-%m-%d}/{before[0] if before else 0}",
            issue_date=watermark.date(),
            recorded_at=watermark,
            inputs={},
            body={"draws": draws},
        )
    )


_RATINGS = """
    select account_id, app_id, currency, month_date, charge_id, wallet_date, amount from int_wallet_ratings
"""
_CREDITS = """
    select account_id, app_id, currency, credit_id, amount, from_date, expires_date from int_credits
    where credit_kind = 'free'
"""
_DRAWN = """
    select account_id, app_id, currency, month_date, wallet_date, credit_id, amount from int_wallet_draws
    order by sequence, place
"""


def _by_wallet(
    warehouse: duckdb.DuckDBPyConnection, query: str, kind: type[Any]
) -> defaultdict[Wallet, list[Any]]:
    found: defaultdict[Wallet, list[Any]] = defaultdict(list)
    for account_id, app_id, currency, *values in warehouse.execute(query).fetchall():
        found[account_id, app_id, currency].append(kind(*values))
    return found


def _told(wallet: Wallet, draw: Draw) -> dict[str, str | None]:
    account_id, app_id, currency = wallet
    return {
        "account_id": account_id,
        "app_id": app_id,
        "month_date": draw.month_date.isoformat(),
        "wallet_date": draw.wallet_date.isoformat(),
        "credit_id": draw.credit_id,
        "currency": currency,
        "amount": format(draw.amount.quantize(_PLACES), "f"),
    }
