"""The operator's index of all accounts, and the entrance of each role's tree."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import UTC, timedelta
from pathlib import Path
from typing import TypeVar

import duckdb

from orchestration.console.files import File, OnceFile, Share
from orchestration.console.reading import Row, grouped, rows, watermark_of
from reports import formats, models, render
from reports.models import index_page as page

Model = TypeVar(
    "Model",
    page.MonthDocument,
    page.LastIssued,
    page.OpenAmount,
    models.QuarantineReason,
    models.FileWarning,
)

COUNTED = ("rows", "accepted", "duplicate", "superseded", "excluded", "quarantined")
MEASURES = tuple(field.name for field in fields(models.Measures))

# The month of the headline figures is that of the last day that has arrived (R13), for all accounts alike.
_TOLD = """
    with told as (
        select
            watermark_at,
            cast(timezone('UTC', watermark_at) - interval 1 millisecond as date) as last_day,
            cast(date_trunc('month', last_day) as date) as month_date
        from int_watermark
        where watermark_at is not null
    )
"""
_MEASURES = f"""
    {_TOLD}
    select usage.* from usage_account_monthly as usage, told where usage_month_date = month_date
"""
_TRENDS = f"""
    with days as (
        select account_id, cast(timezone(zone, watermark_at) as date) - cast(back as integer) as usage_date
        from accounts, int_watermark, (select unnest(range(1, {page.TREND_DAYS + 1})) as back)
        where watermark_at is not null
    )
    select account_id, list(coalesce(billing_sessions, 0) order by usage_date) as trend
    from days left join usage_account_daily using (account_id, usage_date)
    group by account_id having max(billing_sessions) is not null
"""
_DOCUMENTS = f"""
    {_TOLD}
    select account_id, currency, total, status, invoice_number as number
    from invoices, told
    where invoice_month = month_date and document_class = 'month' and has_lines
"""
_LAST_ISSUED = """
    select distinct on (account_id) account_id, invoice_number as number, issue_date
    from invoices where status = 'issued'
    order by account_id, issue_date desc, invoice_number desc
"""
# By the day of the seller, as on the pages of the documents.
_IS_OVERDUE = """
    amount_due > 0 and due_date < cast(timezone(coalesce(sellers.zone, 'UTC'), watermark_at) as date)
"""
# What credit notes take from a document is in that one's amount due already.
_OPEN = f"""
    {_TOLD}
    select
        account_id,
        currency,
        sum(amount_due) as amount_due,
        coalesce(sum(amount_due) filter ({_IS_OVERDUE}), 0) as overdue
    from invoices cross join told left join sellers using (seller_id)
    where
        status = 'issued' and amount_due != 0
        and not (document_class = 'credit' and corrects_invoice_id is not null)
    group by all order by all
"""
_ATTENTIONS = f"""
    {_TOLD},
    found as (
        select account_id, 'unbalanced' as kind, count(*) as number from file_ledger
        where rows != accepted + duplicate + superseded + excluded + quarantined group by account_id
        union all
        select account_id, 'quarantined', cast(sum(quarantined) as bigint) from file_ledger, told
        where arrival_day >= month_date group by account_id
        union all
        -- A file's problem may stand on another account's line of the ledger, or on nobody's.
        select account_id, 'files', count(distinct file) from file_ledger, told
        where
            arrival_day >= month_date
            and (stream, file) in (select (stream, file) from file_ledger where problem is not null)
        group by account_id
        union all
        select account_id, 'refused', count(*) from account_event_refusals group by account_id
        union all
        select account_id, 'waiting', count(*) from invoices where status = 'due' and has_lines
        group by account_id
        union all
        select account_id, 'overdue', count(*)
        from invoices cross join told left join sellers using (seller_id)
        where status = 'issued' and {_IS_OVERDUE} group by account_id
        union all
        select
            account_id,
            case when balance < 0 then 'owed' when balance = 0 then 'empty' else 'low' end,
            count(*)
        from wallets where is_current and balance_status in ('Low balance', 'Inactive') group by all
    )
    select account_id, kind, number from found where number > 0
"""

_MOST = 25
"""How many reasons, and how many files, are told one by one."""
_REASONS = f"""
    with reasons as (
        select
            stream,
            reason,
            sum(rows) as rows,
            row_number() over (order by sum(rows) desc, stream, reason) as place
        from quarantine_reasons group by stream, reason
    )
    select
        stream,
        case when place <= {_MOST} then reason else 'other reasons' end as reason,
        cast(sum(rows) as bigint) as rows
    from reasons group by all order by stream, rows desc, reason
"""
_PROBLEMS = f"""
    with problems as (select distinct file, problem from file_ledger where problem is not null)
    (select file, problem from problems order by all limit {_MOST})
    union all
    select 'and more', cast(count(*) - {_MOST} as varchar) || ' files' from problems having count(*) > {_MOST}
"""


class Entrance:
    """A page at the head of a role's tree that leads to its first section."""

    def __init__(self, _home: Path, _warehouse: duckdb.DuckDBPyConnection, _share: Share | None = None):
        pass

    def files(self, account: models.Account, role: models.Role) -> Iterable[File | OnceFile]:
        """One page; a server gives it for the folder."""
        frame = models.Frame(account, role, "index.html")
        yield File("index.html", render.console_page("entrance.html.jinja", frame))


def index_file(warehouse: duckdb.DuckDBPyConnection, accounts: Sequence[models.Account]) -> File:
    """The page of all accounts, in the root of the site."""
    return File(
        "index.html", render.operator_page("console_index.html.jinja", page=_index(warehouse, accounts))
    )


def _index(warehouse: duckdb.DuckDBPyConnection, accounts: Sequence[models.Account]) -> page.OperatorIndex:
    watermark = watermark_of(warehouse)
    through = (watermark.astimezone(UTC) - timedelta(milliseconds=1)).date() if watermark else None
    found = _Found(warehouse)
    return page.OperatorIndex(
        month=through.replace(day=1) if through else None,
        data_through=through,
        entries=tuple(found.entry(account) for account in accounts),
        ledger=_whole_ledger(warehouse),
    )


class _Found:
    """What the marts say of the month and of what is open, by account."""

    def __init__(self, warehouse: duckdb.DuckDBPyConnection):
        self._measures = grouped(warehouse, _MEASURES, "account_id")
        self._trends = grouped(warehouse, _TRENDS, "account_id")
        self._documents = grouped(warehouse, _DOCUMENTS, "account_id")
        self._last_issued = grouped(warehouse, _LAST_ISSUED, "account_id")
        self._open = grouped(warehouse, _OPEN, "account_id")
        self._attentions = grouped(warehouse, _ATTENTIONS, "account_id")

    def entry(self, account: models.Account) -> page.IndexEntry:
        """An account's line."""
        key = account.account_id
        measured = next((_measures(account, row) for row in self._measures[key]), None)
        attentions = {row["kind"]: row["number"] for row in self._attentions[key]}
        return page.IndexEntry(
            account=account,
            measures=measured,
            trend=next((tuple(row["trend"]) for row in self._trends[key]), ()),
            document=next((_of(page.MonthDocument, row) for row in self._documents[key]), None),
            last_issued=next((_of(page.LastIssued, row) for row in self._last_issued[key]), None),
            open_amounts=tuple(_of(page.OpenAmount, row) for row in self._open[key]),
            attentions=tuple(_attentions(account, attentions)),
        )


def _measures(account: models.Account, row: Row) -> models.Measures:
    """The agents of an Enterprise account do not even reach the renderer (R16)."""
    values = {measure: row[measure] for measure in MEASURES}
    return models.Measures(**values if account.shows_agents else values | {"agent_seats": 0})


def _attentions(account: models.Account, found: dict[str, int]) -> Iterator[page.Attention]:
    """What to look at, the worst first."""
    plan = "plan.html"
    told: tuple[tuple[str, str, str, bool, str | None], ...] = (
        ("unbalanced", "file does not balance", "files do not balance", True, None),
        ("waiting", "document waits", "documents wait", True, None),
        ("overdue", "document overdue", "documents overdue", True, account.documents_file),
        ("owed", "wallet below zero", "wallets below zero", True, plan),
        ("empty", "wallet empty", "wallets empty", False, plan),
        ("low", "wallet low", "wallets low", False, plan),
        ("quarantined", "row quarantined", "rows quarantined", False, None),
        ("files", "file warning", "file warnings", False, None),
        ("refused", "event refused", "events refused", False, None),
    )
    for kind, singular, plural, is_bad, file in told:
        if number := found.get(kind):
            yield page.Attention(formats.counted(number, singular, plural), is_bad, file)


def _whole_ledger(warehouse: duckdb.DuckDBPyConnection) -> models.Ledger:
    """Every row that ever arrived, those of accounts without pages included (R20)."""
    sums = ", ".join(f"cast(sum({column}) as bigint) as {column}" for column in COUNTED)
    totals = f"select stream, {sums} from file_ledger where account_id"
    nobodys = [_ledger_line(row) for row in rows(warehouse, f"{totals} = '' group by stream")]
    return models.Ledger(
        lines=tuple(map(_ledger_line, rows(warehouse, f"{totals} <> '' group by stream order by stream"))),
        unattributed=models.ledger_total(nobodys) if any(line.rows for line in nobodys) else None,
        reasons=tuple(_of(models.QuarantineReason, row) for row in rows(warehouse, _REASONS)),
        warnings=tuple(_of(models.FileWarning, row) for row in rows(warehouse, _PROBLEMS)),
    )


def _ledger_line(row: Row) -> models.LedgerLine:
    return models.LedgerLine(row["stream"], **{column: row[column] for column in COUNTED})


def _of(model: type[Model], row: Row) -> Model:
    """A dataclass of the columns that have its fields' names."""
    return model(**{field.name: row[field.name] for field in fields(model)})
