"""Where each line of a document comes from: its days, and what of them is billed on which document (I6).

The days are those counted now. What arrived after a document was issued is on a later one as a correction
(I3): all lines of one charge have one key, and their units together are what its days count.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

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
        invoices.order_id,
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
# The columns that a source line has, and three that say whose it is and which charge it bills. Amounts are
# texts: numpy has no Decimal, and would make floats of them; most are the same few, so that `_amount` makes
# each once.
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
        lines.account_id,
        lines.invoice_id,
        lines.line_key,
        lines.line_number,
        lines.line_kind,
        lines.metric,
        lines.app_id,
        coalesce(apps.app_name, '') as app_name,
        coalesce(nullif(plan_names.plan_name, ''), lines.plan_id) as plan_name,
        lines.price_id,
        models.charge_model,
        lines.charge_period_start_date as "start",
        lines.charge_period_end_date as "end",
        lines.quantity,
        cast(lines.unit_price as varchar) as unit_price,
        cast(lines.gross_amount as varchar) as gross_amount,
        cast(lines.discount_amount as varchar) as discount_amount,
        cast(lines.amount as varchar) as amount,
        lines.charge_class,
        coalesce(nullif(corrected.invoice_number, ''), lines.corrects_invoice_id) as corrects,
        lines.order_id
    from lines_at_hand as lines
    left join models on lines.account_id = models.account_id and lines.price_id = models.price_id
    left join plan_names on lines.plan_id = plan_names.plan_id
    left join apps on lines.account_id = apps.account_id and lines.app_id = apps.app_id
    left join invoices as corrected on lines.corrects_invoice_id = corrected.invoice_id
    order by lines.place
"""
_AMOUNTS = ("unit_price", "gross_amount", "discount_amount", "amount")


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
    """A document's row, and its lines."""

    row: Row
    files: DocumentFiles
    lines: tuple[SourceLine, ...]


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
            found = self._documents.get(account.account_id) or []
            self._at = (account.account_id, list(_pages(found, account, self._kept_days)))
        return self._at[1]

    def _load(self, ids: Sequence[str]) -> dict[str, list[_Document]]:
        """By account its documents in the order of their months, those that have lines."""
        warehouse, asked = self._warehouse, [list(ids)]
        rows_of = {row["invoice_id"]: row for row in rows(warehouse, _DOCUMENTS, asked)}
        files = {invoice_id: document_files(row) for invoice_id, row in rows_of.items()}
        warehouse.execute(_AT_HAND, asked)
        lines = warehouse.execute(_LINES).fetchnumpy()
        usage = warehouse.execute(_USAGE, asked).fetchnumpy()
        warehouse.execute("drop table lines_at_hand")
        found: defaultdict[str, list[_Document]] = defaultdict(list)
        keys = zip(lines["account_id"], lines["invoice_id"], _source_lines(lines, usage, files), strict=True)
        for (account_id, invoice_id), of_document in groupby(keys, key=itemgetter(0, 1)):
            told = tuple(line for _, _, line in of_document)
            found[account_id].append(_Document(rows_of[invoice_id], files[invoice_id], told))
        return found


def _source_lines(
    lines: Mapping[str, np.ndarray], usage: Mapping[str, np.ndarray], files: Mapping[str, DocumentFiles]
) -> Iterator[SourceLine]:
    """The lines of columns: a site has some hundred thousand, and no row of them is taken by itself."""
    # As days: the columns of DuckDB have microseconds, of which Python would make instants.
    arrays = {**lines, **{name: lines[name].astype("datetime64[D]") for name in ("start", "end")}}
    columns: dict[str, Iterable[Any]] = {
        "counts": _counts(lines, usage),
        "elsewhere": _elsewhere(lines, files),
    }
    columns |= {name: arrays[name].tolist() for name in SourceLine._fields if name not in columns}
    columns |= {name: map(_amount, columns[name]) for name in _AMOUNTS}
    return map(SourceLine._make, zip(*(columns[name] for name in SourceLine._fields), strict=True))


@lru_cache(8_192)
def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _counts(lines: Mapping[str, np.ndarray], usage: Mapping[str, np.ndarray]) -> Iterator[list[int]]:
    """Of each line what is counted on each day of its period: the mart has only days with usage."""
    days = (lines["end"] - lines["start"]) // np.timedelta64(1, "D")
    starts = np.cumsum([0, *np.where(lines["line_kind"] == "usage", days, 0)])
    counts = np.zeros(starts[-1], np.int64)
    np.add.at(counts, starts[usage["place"]] + usage["day"], usage["quantity"])
    every = counts.tolist()
    return (every[start:end] for start, end in pairwise(starts.tolist()))


def _elsewhere(
    lines: Mapping[str, np.ndarray], files: Mapping[str, DocumentFiles]
) -> list[tuple[BilledUnits, ...]]:
    """Of each line the other documents' lines that bill its charge, in the order of their documents."""
    documents, numbers, quantities = lines["invoice_id"], lines["line_number"], lines["quantity"]
    billed: defaultdict[str, list[int]] = defaultdict(list)
    for place in np.flatnonzero(lines["line_kind"] == "usage").tolist():
        billed[lines["line_key"][place]].append(place)
    found: list[tuple[BilledUnits, ...]] = [()] * len(documents)
    for places in billed.values():
        for place in places if len(places) > 1 else ():
            found[place] = tuple(
                BilledUnits(files[documents[each]], int(numbers[each]), int(quantities[each]))
                for each in places
                if documents[each] != documents[place]
            )
    return found


def _pages(documents: Iterable[_Document], account: Account, kept_days: int) -> Iterator[LinesPage]:
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
            lines=document.lines,
            has_amounts=row["document_kind"] != "statement",
            listed=(through - timedelta(days=kept_days - 2), through + timedelta(days=1))
            if through and kept_days
            else None,
        )
