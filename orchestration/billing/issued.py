"""The ledger as tables of the lake: what the marts know of what has been issued.

The ledger's files are the truth; these are made of them whenever they changed.
"""

import json
from collections.abc import Iterable
from typing import Any

import polars as pl

from orchestration.lake import Lake
from orchestration.ledger import Entry, Ledger

_MONEY: pl.DataType = pl.Decimal(18, 4)
_PRICE: pl.DataType = pl.Decimal(18, 6)
_EXACT: pl.DataType = pl.Decimal(26, 12)
_RATE: pl.DataType = pl.Decimal(9, 4)
_TEXT, _DAY, _WHOLE, _SMALL = pl.String(), pl.Date(), pl.Int64(), pl.Int32()

DOCUMENTS = pl.Schema(
    {
        "document_id": _TEXT,
        "document_kind": _TEXT,
        "document_class": _TEXT,
        "number": _TEXT,
        "seller_id": _TEXT,
        "account_id": _TEXT,
        "month_date": _DAY,
        "currency": _TEXT,
        "zone": _TEXT,
        "period_start_date": _DAY,
        "period_end_date": _DAY,
        "issue_date": _DAY,
        "due_date": _DAY,
        "subtotal": _MONEY,
        "tax": _MONEY,
        "total": _MONEY,
        "corrects_document_id": _TEXT,
        "order_id": _TEXT,
        "sequence": _WHOLE,
        "hash": _TEXT,
    }
)
"""One row per issued document; `document_class` is month, correction, top_up or credit."""

LINES = pl.Schema(
    {
        "document_id": _TEXT,
        "line_number": _WHOLE,
        "line_key": _TEXT,
        "account_id": _TEXT,
        "app_id": _TEXT,
        "month_date": _DAY,
        "line_kind": _TEXT,
        "metric": _TEXT,
        "plan_id": _TEXT,
        "plan_version": _SMALL,
        "price_id": _TEXT,
        "quantity": _WHOLE,
        "unit_price": _PRICE,
        "package_size": _PRICE,
        "included_units": _PRICE,
        "gross_amount": _MONEY,
        "discount_amount": _MONEY,
        "amount": _MONEY,
        "tax_category": _TEXT,
        "tax_rate": _RATE,
        "charge_period_start_date": _DAY,
        "charge_period_end_date": _DAY,
        "charge_class": _TEXT,
        "corrects_document_id": _TEXT,
    }
)
"""One row per line of an issued document; `month_date` is the month whose rating it belongs to."""

TIERS = pl.Schema(
    {
        "document_id": _TEXT,
        "line_number": _WHOLE,
        "line_key": _TEXT,
        "tier_number": _SMALL,
        "quantity": _PRICE,
        "unit_price": _PRICE,
        "flat_fee": _PRICE,
        "amount": _EXACT,
    }
)
"""One row per tier of a line."""

TAXES = pl.Schema(
    {
        "document_id": _TEXT,
        "tax_category": _TEXT,
        "tax_rate": _RATE,
        "taxable_amount": _MONEY,
        "tax_amount": _MONEY,
    }
)
"""One row per tax category and rate of a document (P9)."""

DRAWS = pl.Schema(
    {
        "account_id": _TEXT,
        "app_id": _TEXT,
        "month_date": _DAY,
        "wallet_date": _DAY,
        "credit_id": _TEXT,
        "currency": _TEXT,
        "amount": _MONEY,
        "sequence": _WHOLE,
        "place": _WHOLE,
    }
)
"""What a night drew from a wallet, by source (P10); `credit_id` is empty for what is owed."""

STATE = pl.Schema({"hash": _TEXT})
"""One row: the last entry, by which marts know how far they know the ledger."""

ISSUED: dict[str, pl.Schema] = {
    "issued_documents": DOCUMENTS,
    "issued_lines": LINES,
    "issued_tiers": TIERS,
    "issued_taxes": TAXES,
    "wallet_draws": DRAWS,
    "ledger_state": STATE,
}
"""The tables that are made of the ledger."""

DRAWN = ("wallet_draws", "ledger_state")
"""Those that an entry changes by which a night draws on wallets; any other changes them all."""

_LEDGER = "quarterhour.ledger"


def publish_issued(lake: Lake, ledger: Ledger) -> None:
    """Makes the tables anew where the ledger has grown since."""
    version = ledger.version()
    paths = {table: lake.file(table, "all") for table in ISSUED}
    if all(lake.note(path, _LEDGER) == version for path in paths.values()):
        return
    found = rows_of(ledger.entries()) | {"ledger_state": [{"hash": version}]}
    for table, schema in ISSUED.items():
        lake.publish(paths[table], _frame(found[table], schema), notes={_LEDGER: version})


def rows_of(entries: Iterable[Entry]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table, in the ledger's order."""
    rows: dict[str, list[dict[str, Any]]] = {table: [] for table in ISSUED}
    for entry in entries:
        place = {"sequence": entry.sequence, "hash": entry.hash}
        if entry.kind == "wallet_draws":
            draws = enumerate(entry.body["draws"])
            rows["wallet_draws"] += [{**draw, **place, "place": position} for position, draw in draws]
            continue
        document = entry.body
        of_it = {"document_id": document["document_id"]}
        numbers = {"number": entry.number, "seller_id": entry.seller_id, "document_kind": entry.kind}
        rows["issued_documents"].append({**document, **numbers, **place})
        rows["issued_taxes"] += [{**of_it, **tax} for tax in document["taxes"]]
        for line in document["lines"]:
            rows["issued_lines"].append({**of_it, **line})
            on_line = {name: line[name] for name in ("line_number", "line_key")}
            rows["issued_tiers"] += [{**of_it, **on_line, **tier} for tier in line["tiers"]]
    return rows


def _frame(rows: list[dict[str, Any]], schema: pl.Schema) -> pl.DataFrame:
    """Texts of the ledger as the columns' types: decimals never pass through a float."""
    texts = {
        name: pl.Series(name, [_text(row.get(name)) for row in rows], dtype=pl.String) for name in schema
    }
    return pl.DataFrame(texts).select(_typed(name, dtype) for name, dtype in schema.items())


def _typed(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    return column.str.to_date("%Y-%m-%d") if dtype == pl.Date else column.cast(dtype)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)
