"""Where each line of a document comes from: its days, and what of them is billed on which document (I6).

The days are those counted now. What arrived after a document was issued is on a later one as a correction
(I3): all lines of one charge have one key, and their units together are what its days count.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.console.batches import Batches
from orchestration.console.document_files import document_files
from orchestration.console.files import File
from orchestration.console.reading import Row, accounts_of
from orchestration.settings import load_settings_of
from reports import render
from reports.models import Account, Frame, Role
from reports.models.lines import BilledUnits, LinesPage, SourceLine
from reports.models.orders import kind_name

FOLDER = "lines"

_LINES = """
    with lines as (
        select
            lines.*,
            invoices.document_kind,
            invoices.document_class,
            invoices.status,
            invoices.invoice_number,
            invoices.invoice_month,
            invoices.period_start_date,
            invoices.period_end_date,
            invoices.order_id,
            invoices.total
        from invoice_line_items as lines
        inner join invoices on lines.invoice_id = invoices.invoice_id
        where list_contains(?::varchar[], lines.account_id)
    ),

    counted as (
        select
            lines.invoice_id,
            lines.line_number,
            usage.usage_date,
            cast(sum(usage.quantity) as bigint) as quantity
        from lines
        inner join int_usage_subscribed as usage
            on
                lines.account_id = usage.account_id
                and lines.metric = usage.metric
                and lines.price_id = usage.price_id
                and lines.charge_period_start_date <= usage.usage_date
                and lines.charge_period_end_date > usage.usage_date
        where
            lines.line_kind = 'usage'
            and (lines.app_id is null or lines.app_id = usage.app_id)
            and list_contains(?::varchar[], usage.account_id)
        group by all
    ),

    days as (
        select
            invoice_id,
            line_number,
            list(usage_date order by usage_date) as dates,
            list(quantity order by usage_date) as quantities
        from counted
        group by all
    ),

    models as (
        select
            account_id,
            price_id,
            any_value(charge_model) as charge_model
        from int_account_prices
        where list_contains(?::varchar[], account_id)
        group by all
    ),

    plan_names as (
        select
            plan_id,
            arg_max(plan_name, plan_version) as plan_name
        from plans
        group by plan_id
    )

    select
        lines.*,
        apps.app_name,
        plan_names.plan_name,
        models.charge_model,
        corrected.invoice_number as corrects_number,
        days.dates,
        days.quantities
    from lines
    left join days on lines.invoice_id = days.invoice_id and lines.line_number = days.line_number
    left join models on lines.account_id = models.account_id and lines.price_id = models.price_id
    left join plan_names on lines.plan_id = plan_names.plan_id
    left join apps on lines.account_id = apps.account_id and lines.app_id = apps.app_id
    left join invoices as corrected on lines.corrects_invoice_id = corrected.invoice_id
    order by lines.account_id, lines.invoice_month, lines.invoice_id, lines.line_number
"""


class Lines:
    """The lines of all documents of all accounts."""

    def __init__(self, home: Path, warehouse: duckdb.DuckDBPyConnection):
        self._warehouse = warehouse
        self._kept_days = load_settings_of(home).session_lists_days
        ids = [account.account_id for account in accounts_of(warehouse)]
        self._lines = Batches(ids, self._load)
        self._at: tuple[str, list[LinesPage]] = ("", [])

    def files(self, account: Account, role: Role) -> Iterator[File]:
        """A page for each document."""
        for page in self._pages(account):
            frame = Frame(account, role, f"{FOLDER}/{page.files.name}.html")
            yield File(frame.file, render.console_page("console_lines.html.jinja", frame, page=page))

    def _pages(self, account: Account) -> list[LinesPage]:
        """Those of the account; the second role has the same."""
        if self._at[0] != account.account_id:
            rows = self._lines.get(account.account_id) or []
            self._at = (account.account_id, list(_pages(rows, account, self._kept_days)))
        return self._at[1]

    def _load(self, ids: Sequence[str]) -> dict[str, list[Row]]:
        cursor = self._warehouse.execute(_LINES, [list(ids)] * 3)
        columns = [column[0] for column in cursor.description or []]
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for values in cursor.fetchall():
            row = dict(zip(columns, values, strict=True))
            found[row["account_id"]].append(row)
        return found


def _pages(rows: Sequence[Row], account: Account, kept_days: int) -> Iterator[LinesPage]:
    billed = _billed(rows)
    by_document: dict[str, list[Row]] = {}
    for row in rows:
        by_document.setdefault(row["invoice_id"], []).append(row)
    through = account.watermark and account.data_through
    for of_it in by_document.values():
        first = of_it[0]
        yield LinesPage(
            files=document_files(first),
            kind_name=kind_name(first["document_kind"]),
            is_draft=first["status"] != "issued",
            start=first["period_start_date"],
            end=first["period_end_date"],
            currency=first["currency"],
            total=first["total"],
            lines=tuple(_line(row, billed) for row in of_it),
            has_amounts=first["document_kind"] != "statement",
            listed=(through - timedelta(days=kept_days - 2), through + timedelta(days=1))
            if through and kept_days
            else None,
        )


def _billed(rows: Sequence[Row]) -> dict[str, list[BilledUnits]]:
    """By charge the lines that bill it, in the order of their documents."""
    found: defaultdict[str, list[BilledUnits]] = defaultdict(list)
    for row in rows:
        if row["line_kind"] == "usage":
            found[row["line_key"]].append(
                BilledUnits(document_files(row), row["line_number"], row["quantity"])
            )
    return found


def _line(row: Row, billed: dict[str, list[BilledUnits]]) -> SourceLine:
    files = document_files(row)
    return SourceLine(
        line_number=row["line_number"],
        line_kind=row["line_kind"],
        metric=row["metric"],
        app_id=row["app_id"],
        app_name=row["app_name"] or "",
        plan_name=row["plan_name"] or row["plan_id"],
        price_id=row["price_id"],
        charge_model=row["charge_model"],
        start=row["charge_period_start_date"],
        end=row["charge_period_end_date"],
        quantity=row["quantity"],
        unit_price=row["unit_price"],
        gross_amount=row["gross_amount"],
        discount_amount=row["discount_amount"],
        amount=row["amount"],
        charge_class=row["charge_class"],
        corrects=row["corrects_number"] or row["corrects_invoice_id"],
        is_count_hidden=row["document_kind"] == "statement" and row["metric"] == "agent_seats",  # R16
        counts=_counts(row),
        elsewhere=tuple(each for each in billed.get(row["line_key"], ()) if each.files != files),
        order_id=row["order_id"],
    )


def _counts(row: Row) -> list[int]:
    """What is counted on each day of a line's period; the mart has only days with usage."""
    if row["line_kind"] != "usage":
        return []
    start: date = row["charge_period_start_date"]
    counts = [0] * (row["charge_period_end_date"] - start).days
    for day, quantity in zip(row["dates"] or (), row["quantities"] or (), strict=True):
        counts[(day - start).days] = quantity
    return counts
