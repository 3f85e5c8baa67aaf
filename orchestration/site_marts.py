"""What the pages say, read from the marts of the warehouse and from nowhere else."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

import duckdb

from reports import models

MARTS_READ = (
    "account_event_refusals",
    "accounts",
    "apps",
    "file_ledger",
    "invoice_line_items",
    "invoice_line_tiers",
    "invoice_taxes",
    "invoices",
    "quarantine_reasons",
    "unrated_usage",
    "usage_account_daily",
    "usage_account_monthly",
    "usage_monthly",
)
"""The marts that pages are made of."""

MEASURES = tuple(measure.name for measure in fields(models.Measures))
COUNTED = ("rows", "accepted", "duplicate", "superseded", "excluded", "quarantined")

_FROM_INVOICE = tuple(
    field.name for field in fields(models.Invoice) if field.name not in ("lines", "taxes", "unrated")
)

MonthKey = tuple[str, date]
Model = TypeVar("Model", models.InvoiceLine, models.InvoiceTax, models.InvoiceTier)


@dataclass
class _Month:
    """The rows of the marts that one account and month's pages are made of."""

    days: list[models.DayUsage] = field(default_factory=list)
    apps: list[models.AppUsage] = field(default_factory=list)
    total: models.Measures = field(default_factory=models.Measures)
    ledger: list[models.LedgerLine] = field(default_factory=list)
    reasons: list[models.QuarantineReason] = field(default_factory=list)
    warnings: list[models.FileWarning] = field(default_factory=list)
    lines: list[models.InvoiceLine] = field(default_factory=list)
    taxes: list[models.InvoiceTax] = field(default_factory=list)
    unrated: list[models.UnratedUsage] = field(default_factory=list)
    invoice: dict[str, Any] | None = None


class Marts:
    """All marts that the pages need, grouped by account and month."""

    def __init__(self, warehouse: duckdb.DuckDBPyConnection):
        self._warehouse = warehouse
        self.last_arrival = self._last_arrival()
        self.accounts = self._accounts()
        self._enterprise = {account.account_id for account in self.accounts if account.is_enterprise}
        self._through = self._data_through()
        self._months: defaultdict[MonthKey, _Month] = defaultdict(_Month)
        self.unattributed: dict[date, models.LedgerLine] = {}
        self._read_usage()
        self._read_ledger()
        self._read_invoices()
        self.refused_events = self._refused_events()
        self.whole_ledger = self._whole_ledger()

    def month_pages(self) -> dict[str, list[models.MonthPage]]:
        """By account id, in order of months, and each page knowing its neighbours.

        A month has pages where it has usage, a document, or rows that arrived.
        """
        pages: dict[str, list[models.MonthPage]] = {account.account_id: [] for account in self.accounts}
        known = {account.account_id: account for account in self.accounts}
        for account_id, month in sorted(self._months):
            if account_id in known:
                pages[account_id].append(self._month_page(known[account_id], month))
        return {account_id: _linked(found) for account_id, found in pages.items()}

    def _month_page(self, account: models.Account, month: date) -> models.MonthPage:
        found = self._months[account.account_id, month]
        return models.MonthPage(
            account=account,
            zone=found.invoice["zone"] if found.invoice else account.zone,
            usage=models.UsageMonth(
                month,
                tuple(found.days),
                tuple(found.apps),
                found.total,
                self._through.get(account.account_id),
            ),
            ledger=models.Ledger(
                tuple(found.ledger),
                self.unattributed.get(month),
                tuple(found.reasons),
                tuple(found.warnings),
            ),
            invoice=None if account.is_enterprise else _invoice(found),
        )

    def _rows(self, query: str) -> Iterator[dict[str, Any]]:
        cursor = self._warehouse.execute(query)
        names = [column[0] for column in cursor.description or []]
        while batch := cursor.fetchmany(10_000):
            yield from (dict(zip(names, row, strict=True)) for row in batch)

    def _last_arrival(self) -> date | None:
        """The last UTC day that has arrived; the watermark is its end (R13)."""
        return next(self._rows("select max(arrival_day) as last_day from file_ledger"))["last_day"]

    def _accounts(self) -> list[models.Account]:
        rows = self._rows("select account_id, account_name, zone, currency, account_kind from accounts")
        accounts = [
            models.Account(
                row["account_id"],
                row["account_name"] or "",
                row["zone"],
                row["currency"],
                row["account_kind"],
            )
            for row in rows
        ]
        return sorted(accounts, key=lambda account: (account.shown_name.casefold(), account.account_id))

    def _data_through(self) -> dict[str, date]:
        rows = self._rows("""
            select
                account_id,
                cast(timezone(zone, timezone('UTC', cast(arrived.last_day + 1 as timestamp))) as date) - 1
                    as through
            from accounts, (select max(arrival_day) as last_day from file_ledger) as arrived
            where arrived.last_day is not null
        """)
        return {row["account_id"]: row["through"] for row in rows}

    def _measures(self, row: dict[str, Any]) -> models.Measures:
        """A mart's measures; the agents of an Enterprise account do not even reach the renderer (R16)."""
        values = {measure: row[measure] for measure in MEASURES}
        if row["account_id"] in self._enterprise:
            values["agent_seats"] = 0
        return models.Measures(**values)

    def _read_usage(self) -> None:
        for row in self._rows("from usage_account_monthly"):
            self._months[row["account_id"], row["usage_month_date"]].total = self._measures(row)
        for row in self._rows("from usage_account_daily order by account_id, usage_date"):
            day = row["usage_date"]
            through = self._through.get(row["account_id"])
            self._months[row["account_id"], day.replace(day=1)].days.append(
                models.DayUsage(day, self._measures(row), is_partial=through is None or day > through)
            )
        apps = """
            select usage_monthly.*, apps.app_name
            from usage_monthly left join apps using (account_id, app_id)
            order by account_id, usage_month_date, lower(coalesce(app_name, app_id)), app_id
        """
        for row in self._rows(apps):
            self._months[row["account_id"], row["usage_month_date"]].apps.append(
                models.AppUsage(row["app_id"], row["app_name"] or "", self._measures(row))
            )

    def _read_ledger(self) -> None:
        by_stream = f"""
            select
                account_id,
                cast(date_trunc('month', arrival_day) as date) as month,
                stream,
                {_summed(COUNTED)}
            from file_ledger where account_id <> '' group by all order by stream
        """
        for row in self._rows(by_stream):
            self._months[row["account_id"], row["month"]].ledger.append(_ledger_line(row))
        of_nobody = f"""
            select cast(date_trunc('month', arrival_day) as date) as month, {_summed(COUNTED)}
            from file_ledger where account_id = '' group by all having sum(rows) > 0
        """
        self.unattributed = {row["month"]: _ledger_line(row) for row in self._rows(of_nobody)}
        reasons = "from quarantine_reasons where account_id <> '' order by stream, rows desc, reason"
        for row in self._rows(reasons):
            self._months[row["account_id"], row["arrival_month"]].reasons.append(_reason(row))
        # A file's problem may stand on another account's line of the ledger, or on nobody's.
        warnings = """
            select distinct
                ledger.account_id,
                cast(date_trunc('month', ledger.arrival_day) as date) as month,
                ledger.file,
                problems.problem
            from file_ledger as ledger
            inner join file_ledger as problems
                on ledger.stream = problems.stream and ledger.file = problems.file
            where problems.problem is not null and ledger.account_id <> ''
            order by all
        """
        for row in self._rows(warnings):
            self._months[row["account_id"], row["month"]].warnings.append(
                models.FileWarning(row["file"], row["problem"])
            )

    def _read_invoices(self) -> None:
        """The months' invoices, their lines, and what no line charges."""
        months: dict[str, MonthKey] = {}
        for row in self._rows("from invoices where document_class = 'month'"):
            months[row["invoice_id"]] = key = (row["account_id"], row["invoice_month"])
            self._months[key].invoice = row
        tiers: defaultdict[tuple[str, int], list[models.InvoiceTier]] = defaultdict(list)
        for row in self._rows("from invoice_line_tiers order by all"):
            tiers[row["invoice_id"], row["line_number"]].append(_of(models.InvoiceTier, row))
        lines = """
            select lines.*, apps.app_name
            from invoice_line_items as lines left join apps using (account_id, app_id)
            order by account_id, invoice_id, line_number
        """
        for row in self._rows(lines):
            if month := months.get(row["invoice_id"]):
                found = tuple(tiers[row["invoice_id"], row["line_number"]])
                self._months[month].lines.append(_invoice_line(row, found))
        for row in self._rows("from invoice_taxes order by invoice_id, tax_category, tax_rate"):
            if month := months.get(row["invoice_id"]):
                self._months[month].taxes.append(_of(models.InvoiceTax, row))
        unrated = """
            select unrated_usage.*, apps.app_name
            from unrated_usage left join apps using (account_id, app_id)
            order by account_id, usage_month_date, app_id, metric, unrated_reason
        """
        for row in self._rows(unrated):
            self._months[row["account_id"], row["usage_month_date"]].unrated.append(
                models.UnratedUsage(
                    row["app_id"],
                    row["app_name"] or "",
                    row["metric"],
                    Decimal(row["quantity"]),
                    row["unrated_reason"],
                )
            )

    def _refused_events(self) -> dict[str, list[models.RefusedEvent]]:
        refused = defaultdict(list)
        rows = self._rows("""
            select
                account_id,
                cast(timezone('UTC', occurred_at) as date) as occurred_on,
                event_type,
                refusal_reason
            from account_event_refusals order by account_id, occurred_at, event_id
        """)
        for row in rows:
            refused[row["account_id"]].append(
                models.RefusedEvent(row["occurred_on"], row["event_type"], row["refusal_reason"])
            )
        return refused

    def _whole_ledger(self) -> models.Ledger:
        """Every row that ever arrived, those of accounts without pages included."""
        totals = f"select stream, {_summed(COUNTED)} from file_ledger where account_id"
        reasons = (
            "select stream, reason, cast(sum(rows) as bigint) as rows from quarantine_reasons group by all"
        )
        nobodys = [_ledger_line(row) for row in self._rows(f"{totals} = '' group by stream")]
        warnings = "select distinct file, problem from file_ledger where problem is not null order by all"
        return models.Ledger(
            lines=tuple(map(_ledger_line, self._rows(f"{totals} <> '' group by stream order by stream"))),
            unattributed=models.ledger_total(nobodys) if any(line.rows for line in nobodys) else None,
            reasons=tuple(map(_reason, self._rows(f"{reasons} order by stream, rows desc, reason"))),
            warnings=tuple(models.FileWarning(row["file"], row["problem"]) for row in self._rows(warnings)),
        )


def _linked(pages: list[models.MonthPage]) -> list[models.MonthPage]:
    months: list[date | None] = [None, *(page.month for page in pages), None]
    return [
        replace(page, previous_month=months[position], following_month=months[position + 2])
        for position, page in enumerate(pages)
    ]


def _invoice(found: _Month) -> models.Invoice | None:
    if found.invoice is None:
        return None
    values = {name: found.invoice[name] for name in _FROM_INVOICE}
    return models.Invoice(
        **values, lines=tuple(found.lines), taxes=tuple(found.taxes), unrated=tuple(found.unrated)
    )


def _summed(columns: tuple[str, ...]) -> str:
    return ", ".join(f"cast(sum({column}) as bigint) as {column}" for column in columns)


def _ledger_line(row: dict[str, Any]) -> models.LedgerLine:
    return models.LedgerLine(row.get("stream", "all"), **{count: row[count] for count in COUNTED})


def _reason(row: dict[str, Any]) -> models.QuarantineReason:
    return models.QuarantineReason(row["stream"], row["reason"], row["rows"])


def _invoice_line(row: dict[str, Any], tiers: tuple[models.InvoiceTier, ...]) -> models.InvoiceLine:
    known = {"app_name": row["app_name"] or "", "quantity": Decimal(row["quantity"]), "tiers": tiers}
    return _of(models.InvoiceLine, row | known)


def _of(model: type[Model], row: dict[str, Any]) -> Model:
    """A dataclass of the columns that have its fields' names."""
    return model(**{field.name: row[field.name] for field in fields(model)})
