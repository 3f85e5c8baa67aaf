"""The documents that are due, as the ledger will keep them: read from the marts, whole, amounts as text."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from orchestration.ledger import NewEntry

Row = dict[str, Any]

_LINE_COLUMNS = (
    "line_number", "line_key", "account_id", "app_id", "app_name", "month_date", "line_kind", "metric",
    "plan_id", "plan_version", "price_id", "quantity", "unit_price", "package_size", "included_units",
    "gross_amount", "discount_amount", "amount", "tax_category", "tax_rate", "charge_period_start_date",
    "charge_period_end_date", "charge_class", "corrects_document_id", "corrects_number",
)  # fmt: skip
_PARTY = ("legal_name", "address", "tax_id", "email")


@dataclass(frozen=True)
class Waiting:
    """A draft that cannot be issued yet: until when its grace lasts, or what else holds it back."""

    account_id: str
    month: date
    reason: str


class Drafts:
    """What the marts of a warehouse say about documents that are not issued yet."""

    def __init__(self, warehouse: duckdb.DuckDBPyConnection, code_version: str):
        self._warehouse = warehouse
        self._code_version = code_version
        self.watermark: datetime | None = self._one("select watermark_at from int_watermark")["watermark_at"]

    def ledger_hash(self) -> str:
        """The hash of the last entry that these marts know."""
        return str(self._one("select coalesce(max(hash), '') as hash from ledger_state")["hash"])

    def waiting(self, month: date | None) -> list[Waiting]:
        """Months that have lines, but whose grace is not over (I1)."""
        found = self._rows(
            "from invoices where status = 'draft' and has_lines order by account_id, invoice_month"
        )
        return [
            Waiting(
                row["account_id"],
                row["invoice_month"],
                f"draft until {row['issuable_at']:%Y-%m-%d %H:%M} UTC",
            )
            for row in found
            if month in (None, row["invoice_month"])
        ]

    def due_months(self, month: date | None) -> list[date]:
        """The months whose documents are due."""
        rows = self._rows("select distinct invoice_month from invoices where status = 'due' order by all")
        return [row["invoice_month"] for row in rows if month is None or row["invoice_month"] <= month]

    def accepted_ids(self) -> set[tuple[str, str, str]]:
        """Account, stream and id of what may stand on two days (R18)."""
        rows = self._rows("select account_id, stream, id from int_ids_accepted")
        return {(row["account_id"], row["stream"], row["id"]) for row in rows}

    def due(self, month: date | None) -> list[NewEntry]:
        """The documents whose time has come, in the order in which they are numbered.

        With a month those of it alone, and of the months before: what comes first is issued first.
        """
        lines = self._grouped(
            """
            select
                lines.*,
                lines.corrects_invoice_id as corrects_document_id,
                corrected.invoice_number as corrects_number,
                apps.app_name
            from invoice_line_items as lines
            left join invoices as corrected on lines.corrects_invoice_id = corrected.invoice_id
            left join apps on lines.account_id = apps.account_id and lines.app_id = apps.app_id
            order by lines.invoice_id, lines.line_number
            """,
            "invoice_id",
        )
        tiers = self._grouped("from invoice_line_tiers order by all", "invoice_id", "line_number")
        taxes = self._grouped("from invoice_taxes order by all", "invoice_id")
        invoices = self._rows(
            "from invoices where status = 'due'"
            " order by invoice_month, document_class, account_id, invoice_id"
        )
        return [
            self._entry(row, lines[row["invoice_id"],], tiers, taxes[row["invoice_id"],])
            for row in invoices
            if month is None or row["invoice_month"] <= month
        ]

    def _entry(
        self, row: Row, lines: list[Row], tiers: dict[tuple[Any, ...], list[Row]], taxes: list[Row]
    ) -> NewEntry:
        assert self.watermark is not None  # or there were no invoices
        seller, customer = self._parties(row["account_id"])
        issue_date = self.watermark.astimezone(ZoneInfo(seller["zone"])).date()
        body = {
            "document_id": row["invoice_id"],
            "document_class": row["document_class"],
            **_picked(
                row, "account_id", "currency", "zone", "period_start_date", "period_end_date", "order_id"
            ),
            "month_date": row["invoice_month"],
            "issue_date": issue_date,
            "due_date": issue_date + timedelta(days=seller["payment_terms_days"]),
            "corrects_document_id": row["corrects_invoice_id"],
            "seller": seller,
            "customer": customer,
            "lines": [
                _picked(line, *_LINE_COLUMNS)
                | {"tiers": [_without(tier, "invoice_id", "line_number") for tier in self._of(tiers, line)]}
                for line in lines
            ],
            "taxes": [_without(tax, "invoice_id") for tax in taxes],
            **_picked(row, "subtotal", "tax", "total"),
            "rows": self._conservation(row["account_id"], row["invoice_month"]),
        }
        return NewEntry(
            kind=row["document_kind"],
            seller_id=seller["seller_id"],
            key=f"{row['document_class']}/{row['invoice_id']}",
            issue_date=issue_date,
            recorded_at=self.watermark,
            inputs=self._inputs(row, lines),
            body=texts(body),
        )

    def _of(self, tiers: dict[tuple[Any, ...], list[Row]], line: Row) -> list[Row]:
        return tiers[line["invoice_id"], line["line_number"]]

    def _parties(self, account_id: str) -> tuple[Row, Row]:
        """Who sells, and who buys: as their books say now."""
        profile = self._one("from account_profiles where account_id = ?", account_id)
        seller = self._one("from sellers where seller_id = ?", profile["seller_id"])
        named = self._one("select account_name, locale from accounts where account_id = ?", account_id)
        customer = _picked(profile, "account_id", *_PARTY, "purchase_order") | named
        return seller, customer

    def _conservation(self, account_id: str, month: date) -> Row:
        """R20: what became of the account's rows that arrived in the month."""
        counted = ("rows", "accepted", "duplicate", "superseded", "excluded", "quarantined")
        sums = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in counted)
        return self._one(
            f"select {sums} from file_ledger where account_id = ? and date_trunc('month', arrival_day) = ?",
            account_id,
            month,
        )

    def _inputs(self, row: Row, lines: list[Row]) -> dict[str, str]:
        """Hashes of what the document was made of: usage by day and app, prices and tiers, the code."""
        months = sorted({line["month_date"] for line in lines if line["month_date"]})
        usage = self._rows(
            "from usage_daily where account_id = ? and date_trunc('month', usage_date) in ("
            "select unnest(?::date[])) order by all",
            row["account_id"],
            months,
        )
        prices = sorted({line["price_id"] for line in lines if line["price_id"]})
        priced = self._rows(
            "from int_account_prices where account_id = ? and list_contains(?, price_id) order by all",
            row["account_id"],
            prices,
        )
        tiers = self._rows("from int_price_tiers where list_contains(?, price_id) order by all", prices)
        return {"usage": _hash(usage), "prices": _hash([priced, tiers]), "code": self._code_version}

    def _rows(self, query: str, *values: object) -> list[Row]:
        cursor = self._warehouse.execute(query, list(values))
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, found, strict=True)) for found in cursor.fetchall()]

    def _one(self, query: str, *values: object) -> Row:
        return self._rows(query, *values)[0]

    def _grouped(self, query: str, *by: str) -> defaultdict[tuple[Any, ...], list[Row]]:
        groups: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
        for row in self._rows(query):
            groups[tuple(row[name] for name in by)].append(row)
        return groups


def texts(value: Any) -> Any:
    """The same, as JSON can say it: decimals and dates as text, nothing as a float."""
    if isinstance(value, dict):
        return {key: texts(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [texts(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value


def _hash(value: Any) -> str:
    return sha256(json.dumps(texts(value), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _picked(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names}


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}
