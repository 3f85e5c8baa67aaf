"""The documents that are not issued yet, as the ledger will keep them: from the marts, whole, as text."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from orchestration.ledger import Kind, NewEntry

Row = dict[str, Any]

_LINE_COLUMNS = (
    "line_number", "line_key", "account_id", "app_id", "app_name", "month_date", "line_kind", "metric",
    "plan_id", "plan_version", "plan_name", "price_id", "quantity", "unit_price", "package_size",
    "included_units", "gross_amount", "discount_amount", "amount", "tax_category", "tax_rate",
    "charge_period_start_date", "charge_period_end_date", "charge_class", "corrects_document_id",
    "corrects_number",
)  # fmt: skip
_PARTY = ("legal_name", "address", "tax_id", "email")
_COUNTED = ("usage_sessions", "request_sessions", "alert_sessions", "voice_sessions")
"""What the annex of a document counts; never agents (R16)."""


@dataclass(frozen=True)
class Waiting:
    """A document that cannot be issued yet: until when its grace lasts, or what holds it back."""

    account_id: str
    month: date
    reason: str


@dataclass(frozen=True)
class Draft:
    """A document that is not issued yet, with the body that its entry would have, were it issued now."""

    document_id: str
    account_id: str
    kind: Kind
    body: Row


class Drafts:
    """What the marts say about documents that are not issued yet; of all accounts or of some."""

    def __init__(
        self,
        warehouse: duckdb.DuckDBPyConnection,
        code_version: str = "",
        account_ids: Collection[str] | None = None,
    ):
        self._warehouse = warehouse
        self._code_version = code_version
        self._account_ids = None if account_ids is None else list(account_ids)
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

    def take_from_wallets(self) -> bool:
        """Whether something that is due takes paid funds out of a wallet: a credit note on a top-up (P10)."""
        found = self._one("""
            select count(*) as notes
            from invoices as credits
            inner join invoices as top_ups on credits.corrects_invoice_id = top_ups.invoice_id
            where credits.status = 'due' and top_ups.document_class = 'top_up'
        """)
        return bool(found["notes"])

    def accepted_ids(self) -> set[tuple[str, str, str]]:
        """Account, stream and id of what may stand on two days (R18)."""
        rows = self._rows("select account_id, stream, id from int_ids_accepted")
        return {(row["account_id"], row["stream"], row["id"]) for row in rows}

    def due(self, month: date | None) -> list[NewEntry]:
        """The documents whose time has come, in the order in which they are numbered.

        With a month those of it alone, and of the months before: what comes first is issued first.
        """
        invoices = self._rows(
            "from invoices where status = 'due'"
            " order by invoice_month, document_class, account_id, invoice_id"
        )
        return [self._entry(row) for row in invoices if month is None or row["invoice_month"] <= month]

    def drafts(self) -> Iterator[Draft]:
        """All that is not issued and has lines, by account."""
        rows = self._unissued(
            "select * from unissued where has_lines order by account_id, invoice_month, invoice_id"
        )
        for row in rows:
            body = texts(self._body(row, None))
            yield Draft(row["invoice_id"], row["account_id"], row["document_kind"], body)

    def _entry(self, row: Row) -> NewEntry:
        assert self.watermark is not None  # or there were no invoices
        seller = self._seller(row["account_id"])
        issue_date = self.watermark.astimezone(ZoneInfo(seller["zone"])).date()
        return NewEntry(
            kind=row["document_kind"],
            seller_id=seller["seller_id"],
            key=f"{row['document_class']}/{row['invoice_id']}",
            issue_date=issue_date,
            recorded_at=self.watermark,
            inputs=self._inputs(row, self._lines[row["invoice_id"],]),
            body=texts(self._body(row, issue_date)),
        )

    def _body(self, row: Row, issue_date: date | None) -> Row:
        """What a document says; without a day of issue it has no day on which it is due either."""
        seller, invoice_id = self._seller(row["account_id"]), row["invoice_id"]
        terms = timedelta(days=seller["payment_terms_days"])
        return {
            "document_id": invoice_id,
            "document_class": row["document_class"],
            **_picked(
                row, "account_id", "currency", "zone", "period_start_date", "period_end_date", "order_id"
            ),
            "month_date": row["invoice_month"],
            "issue_date": issue_date,
            "due_date": issue_date and issue_date + terms,
            "corrects_document_id": row["corrects_invoice_id"],
            "corrects_number": self._numbers.get(row["corrects_invoice_id"]),
            "reason": self._reasons.get(invoice_id),
            "seller": seller,
            "customer": self._customers[row["account_id"]],
            "lines": [self._line(line) for line in self._lines[invoice_id,]],
            "taxes": [_without(tax, "invoice_id") for tax in self._taxes[invoice_id,]],
            **_picked(row, "subtotal", "tax", "total"),
            "rows": self._conservation.get((row["account_id"], row["invoice_month"]), _NO_ROWS),
            "usage": [_usage(app) for app in self._usage[invoice_id,]],
        }

    def _line(self, line: Row) -> Row:
        tiers = self._tiers[line["invoice_id"], line["line_number"]]
        return _picked(line, *_LINE_COLUMNS) | {
            "tiers": [_without(tier, "invoice_id", "line_number") for tier in tiers]
        }

    def _seller(self, account_id: str) -> Row:
        return self._sellers[self._customers_sellers[account_id]]

    @cached_property
    def _lines(self) -> "_Groups":
        return self._grouped(
            """
            select
                lines.*,
                lines.corrects_invoice_id as corrects_document_id,
                corrected.invoice_number as corrects_number,
                apps.app_name,
                plans.plan_name
            from invoice_line_items as lines
            inner join unissued on lines.invoice_id = unissued.invoice_id
            left join invoices as corrected on lines.corrects_invoice_id = corrected.invoice_id
            left join apps on lines.account_id = apps.account_id and lines.app_id = apps.app_id
            left join (select plan_id, arg_max(plan_name, plan_version) as plan_name from plans group by all)
                as plans on lines.plan_id = plans.plan_id
            order by lines.invoice_id, lines.line_number
            """,
            "invoice_id",
        )

    @cached_property
    def _tiers(self) -> "_Groups":
        return self._grouped(_OF_UNISSUED.format("invoice_line_tiers"), "invoice_id", "line_number")

    @cached_property
    def _taxes(self) -> "_Groups":
        return self._grouped(_OF_UNISSUED.format("invoice_taxes"), "invoice_id")

    @cached_property
    def _numbers(self) -> dict[str | None, str]:
        """Of documents that others take from as a whole."""
        rows = self._rows("""
            select distinct corrected.invoice_id, corrected.invoice_number
            from invoices as credits
            inner join invoices as corrected on credits.corrects_invoice_id = corrected.invoice_id
        """)
        return {row["invoice_id"]: row["invoice_number"] for row in rows}

    @cached_property
    def _reasons(self) -> dict[str, str]:
        """Why credit was given."""
        rows = self._rows("select distinct document_id, reason from int_credit_note_lines")
        return {row["document_id"]: row["reason"] for row in rows}

    @cached_property
    def _sellers(self) -> dict[str, Row]:
        """Who sells, as their books say now."""
        return {row["seller_id"]: row for row in self._rows("from sellers")}

    @cached_property
    def _profiles(self) -> list[Row]:
        return self._rows(
            "select profiles.*, accounts.account_name, accounts.locale"
            " from account_profiles as profiles inner join accounts using (account_id)"
        )

    @cached_property
    def _customers(self) -> dict[str, Row]:
        """Who buys, as their books say now."""
        told = ("account_id", *_PARTY, "purchase_order", "account_name", "locale")
        return {row["account_id"]: _picked(row, *told) for row in self._profiles}

    @cached_property
    def _customers_sellers(self) -> dict[str, str]:
        return {row["account_id"]: row["seller_id"] for row in self._profiles}

    @cached_property
    def _conservation(self) -> dict[tuple[str, date], Row]:
        """R20: what became of an account's rows that arrived in a month."""
        sums = ", ".join(f"sum({name})::bigint as {name}" for name in _NO_ROWS)
        rows = self._rows(f"""
            select account_id, cast(date_trunc('month', arrival_day) as date) as month, {sums}
            from file_ledger group by all
        """)
        return {(row["account_id"], row["month"]): _without(row, "account_id", "month") for row in rows}

    @cached_property
    def _usage(self) -> "_Groups":
        """The usage of a document's period by app and day, for its annex; of what charges usage."""
        counts = ", ".join(f"list({name} order by usage_date) as {name}" for name in _COUNTED)
        return self._grouped(
            f"""
            select unissued.invoice_id, days.app_id, apps.app_name, min(usage_date) as first_date, {counts}
            from usage_daily as days
            inner join unissued
                on
                    days.account_id = unissued.account_id
                    and days.usage_date >= unissued.period_start_date
                    and days.usage_date < unissued.period_end_date
            left join apps on days.account_id = apps.account_id and days.app_id = apps.app_id
            where
                unissued.has_lines
                and unissued.document_class in ('month', 'correction')
            group by all
            having sum(days.billing_sessions + days.voice_sessions) > 0
            order by all
            """,
            "invoice_id",
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

    def _unissued(self, query: str) -> list[Row]:
        """The rows of a query about the invoices that are `unissued`."""
        return self._rows(f"with unissued as ({_UNISSUED}) {query}", self._account_ids, self._account_ids)

    def _one(self, query: str, *values: object) -> Row:
        return self._rows(query, *values)[0]

    def _grouped(self, query: str, *by: str) -> "_Groups":
        """The rows of a query about `unissued` by some columns."""
        groups: _Groups = defaultdict(list)
        for row in self._unissued(query):
            groups[tuple(row[name] for name in by)].append(row)
        return groups


_Groups = defaultdict[tuple[Any, ...], list[Row]]
_UNISSUED = """
    select * from invoices
    where status != 'issued' and (?::varchar[] is null or account_id in (select unnest(?::varchar[])))
"""
_OF_UNISSUED = "select * from {} where invoice_id in (select invoice_id from unissued) order by all"
_NO_ROWS = dict.fromkeys(("rows", "accepted", "duplicate", "superseded", "excluded", "quarantined"), 0)


def _usage(app: Row) -> Row:
    """An app's counts by day from its first day on, without what it did not use and the zeros at the end."""
    used = {name: app[name] for name in _COUNTED if any(app[name])}
    length = max(number for counts in used.values() for number, count in enumerate(counts, 1) if count)
    counts = {name: counts[:length] for name, counts in used.items()}
    return _picked(app, "app_id", "app_name", "first_date") | {"counts": counts}


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
