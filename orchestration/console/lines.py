"""Where each line of a document comes from: its days, and what of them is billed on which document (I6).

The days are those counted now. What arrived after a document was issued is on a later one as a correction
(I3): all lines of one charge have one key, and their units together are what its days count.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import duckdb
import numpy as np

from orchestration.console.batches import Batches
from orchestration.console.document_files import document_files
from orchestration.console.files import File, Share
from orchestration.console.reading import Row, rows
from orchestration.settings.loading import load_settings_of
from reports import render
from reports.models import Account, Frame, Role
from reports.models.lines import BilledUnits, LinesPage, SourceLine
from reports.models.orders import DocumentFiles, kind_name

FOLDER = "lines"

_DOCUMENTS = """
    select
        invoice_id,
        document_kind,
        document_class,
        status,
        invoice_number,
        invoice_month,
        period_start_date,
        period_end_date,
        order_id,
        total,
        currency
    from invoices where list_contains(?::varchar[], account_id)
"""
_AT_HAND = """
    create or replace temp table lines_at_hand as
    select
        lines.account_id,
        lines.invoice_id,
        lines.line_number,
        lines.line_key,
        lines.line_kind,
        lines.metric,
        lines.app_id,
        lines.plan_id,
        lines.price_id,
        lines.charge_period_start_date,
        lines.charge_period_end_date,
        lines.quantity,
        lines.unit_price,
        lines.gross_amount,
        lines.discount_amount,
        lines.amount,
        lines.charge_class,
        lines.corrects_invoice_id,
        row_number() over (
            order by lines.account_id, invoices.invoice_month, lines.invoice_id, lines.line_number
        ) - 1 as place
    from invoice_line_items as lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    where list_contains(?::varchar[], lines.account_id)
"""
# DuckDB makes a Decimal in four times the time of a text, and most amounts are the same few.
_LINES = """
    with models as (
        select
            account_id,
            price_id,
            any_value(charge_model) as charge_model
        from int_account_prices
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
        lines.* replace (
            cast(unit_price as varchar) as unit_price,
            cast(gross_amount as varchar) as gross_amount,
            cast(discount_amount as varchar) as discount_amount,
            cast(amount as varchar) as amount
        ),
        apps.app_name,
        plan_names.plan_name,
        models.charge_model,
        corrected.invoice_number as corrects_number
    from lines_at_hand as lines
    left join models on lines.account_id = models.account_id and lines.price_id = models.price_id
    left join plan_names on lines.plan_id = plan_names.plan_id
    left join apps on lines.account_id = apps.account_id and lines.app_id = apps.app_id
    left join invoices as corrected on lines.corrects_invoice_id = corrected.invoice_id
    order by lines.place
"""


def _counted(of_app: str) -> str:
    return f"""
        select
            lines.place,
            usage.usage_date - lines.charge_period_start_date as day,
            usage.quantity
        from lines_at_hand as lines
        inner join usage
            on
                lines.account_id = usage.account_id
                and lines.metric = usage.metric
                and lines.price_id = usage.price_id
                and lines.charge_period_start_date <= usage.usage_date
                and lines.charge_period_end_date > usage.usage_date
                and {of_app}
        where lines.line_kind = 'usage'
    """


# A line of an app, or of all apps of the account: as one condition with "or" it would take ten times as long.
_USAGE = f"""
    with usage as (
        select * from int_usage_subscribed
        where price_id is not null and list_contains(?::varchar[], account_id)
    )

    {_counted("lines.app_id = usage.app_id")}
    union all
    {_counted("lines.app_id is null")}
"""


@dataclass(frozen=True)
class _Document:
    """A document's row, and those of its lines."""

    row: Row
    files: DocumentFiles
    lines: list[Row]


class Lines:
    """The lines of all documents of all accounts."""

    def __init__(self, home: Path, warehouse: duckdb.DuckDBPyConnection, share: Share | None = None):
        share = share or Share.whole(warehouse)
        self._warehouse = warehouse
        self._kept_days = load_settings_of(home).session_lists_days
        ids = [account.account_id for account in share.accounts]
        self._documents = Batches(ids, self._load)
        self._at: tuple[str, list[LinesPage]] = ("", [])

    def files(self, account: Account, role: Role) -> Iterator[File]:
        """A page for each document."""
        for page in self._pages(account):
            frame = Frame(account, role, f"{FOLDER}/{page.files.name}.html")
            yield File(frame.file, render.console_page("console_lines.html.jinja", frame, page=page))

    def _pages(self, account: Account) -> list[LinesPage]:
        """Those of the account; the second role has the same."""
        if self._at[0] != account.account_id:
            found = self._documents.get(account.account_id) or {}
            self._at = (account.account_id, list(_pages(found.values(), account, self._kept_days)))
        return self._at[1]

    def _load(self, ids: Sequence[str]) -> dict[str, dict[str, _Document]]:
        """By account its documents in the order of their months, those that have lines."""
        warehouse, asked = self._warehouse, [list(ids)]
        documents = {row["invoice_id"]: row for row in rows(warehouse, _DOCUMENTS, asked)}
        warehouse.execute(_AT_HAND, asked)
        lines = list(rows(warehouse, _LINES))
        _add_counts(lines, warehouse.execute(_USAGE, asked).fetchnumpy())
        warehouse.execute("drop table lines_at_hand")
        found: defaultdict[str, dict[str, _Document]] = defaultdict(dict)
        for line in lines:
            of_account, invoice_id = found[line["account_id"]], line["invoice_id"]
            if invoice_id not in of_account:
                row = documents[invoice_id]
                of_account[invoice_id] = _Document(row, document_files(row), [])
            of_account[invoice_id].lines.append(line)
        return found


def _add_counts(lines: Sequence[Row], usage: Mapping[str, np.ndarray]) -> None:
    """Gives each line what is counted on each day of its period: the mart has only days with usage."""
    lengths = [
        (row["charge_period_end_date"] - row["charge_period_start_date"]).days
        if row["line_kind"] == "usage"
        else 0
        for row in lines
    ]
    starts = np.cumsum([0, *lengths])
    counts = np.zeros(starts[-1], np.int64)
    np.add.at(counts, starts[usage["place"]] + usage["day"], usage["quantity"])
    every = counts.tolist()
    for row, start, end in zip(lines, starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        row["counts"] = every[start:end]


def _pages(documents: Collection[_Document], account: Account, kept_days: int) -> Iterator[LinesPage]:
    billed = _billed(documents)
    through = account.watermark and account.data_through
    for document in documents:
        row = document.row
        yield LinesPage(
            files=document.files,
            kind_name=kind_name(row["document_kind"]),
            is_draft=row["status"] != "issued",
            start=row["period_start_date"],
            end=row["period_end_date"],
            currency=row["currency"],
            total=row["total"],
            lines=tuple(_line(line, document, billed) for line in document.lines),
            has_amounts=row["document_kind"] != "statement",
            listed=(through - timedelta(days=kept_days - 2), through + timedelta(days=1))
            if through and kept_days
            else None,
        )


def _billed(documents: Iterable[_Document]) -> dict[str, list[BilledUnits]]:
    """By charge the lines that bill it, in the order of their documents."""
    found: defaultdict[str, list[BilledUnits]] = defaultdict(list)
    for document in documents:
        for line in document.lines:
            if line["line_kind"] == "usage":
                units = BilledUnits(document.files, line["line_number"], line["quantity"])
                found[line["line_key"]].append(units)
    return found


_decimal = lru_cache(16_384)(Decimal)


def _line(row: Row, document: _Document, billed: dict[str, list[BilledUnits]]) -> SourceLine:
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
        unit_price=None if row["unit_price"] is None else _decimal(row["unit_price"]),
        gross_amount=_decimal(row["gross_amount"]),
        discount_amount=_decimal(row["discount_amount"]),
        amount=_decimal(row["amount"]),
        charge_class=row["charge_class"],
        corrects=row["corrects_number"] or row["corrects_invoice_id"],
        is_count_hidden=document.row["document_kind"] == "statement"
        and row["metric"] == "agent_seats",  # R16
        counts=row["counts"],
        elsewhere=tuple(each for each in billed.get(row["line_key"], ()) if each.files != document.files),
        order_id=document.row["order_id"],
    )
