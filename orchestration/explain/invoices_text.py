"""How `quarterhour explain invoice` tells it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.explain.invoices import Day, ExplainedLine
from orchestration.ledger import Entry
from orchestration.terminal import plain
from reports.line_steps import shown

SHOWN = 5
"""Conversations of a day that are named; of all others the count is told."""


def show(
    entry: Entry, lines: Iterable[ExplainedLine], console: Console, rows_of: Callable[[str], str] | None
) -> None:
    """Prints a document, and of each line its tiers, days and sessions.

    `rows_of` tells the rows of a conversation; None leaves them out.
    """
    body = entry.body
    tell = _teller(console)
    tell(f"{entry.number}: {body['account_id']}, {body['total']} {body['currency']}, {entry.issue_date}")
    tell(f"ledger entry {entry.sequence}, {entry.hash}")
    for explained in lines:
        console.print()
        _show_line(explained, body, console)
        for day in explained.days:
            _show_day(day, console, rows_of)


def _show_line(explained: ExplainedLine, body: Mapping[str, Any], console: Console) -> None:
    line = explained.line
    what = " ".join(str(line[name]) for name in ("line_kind", "metric") if line[name])
    period = f"[{line['charge_period_start_date']}, {line['charge_period_end_date']})"
    tell = _teller(console)
    tell(f"line {line['line_number']}: {what} of {line['app_id'] or 'the account'}, {period}")
    if line["price_id"]:
        tell(f"  price {line['price_id']}")
    if line["corrects_document_id"]:
        tell(f"  {_corrects(line, body)}")
    _show_tiers(line["tiers"], console)
    for step in explained.steps:
        tell(f"  {step.text}: {shown(step.amount, explained.minor_unit)}")
    tell(f"  amount {shown(line['amount'], explained.minor_unit)} {body['currency']}")
    if explained.days:
        found = sum(day.found for day in explained.days)
        tell(
            f"  {explained.quantity} units on {len(explained.days)} days as counted now, "
            f"{line['quantity']} on this line; {found} complete sessions in the lake"
        )


def _corrects(line: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    """Why a line takes from another document: late usage (I3), or credit that was asked for."""
    document = line.get("corrects_number") or line["corrects_document_id"]
    if line["line_kind"] != "credit":
        return f"corrects {document}: what is new since it was issued"
    reason = f" ({body['reason']})" if body.get("reason") else ""
    return f"taken off {document} on request{reason}"


def _show_tiers(tiers: list[dict[str, Any]], console: Console) -> None:
    if not tiers:
        return
    table = Table("tier", "units", "unit price", "flat fee", "amount", box=None, padding=(0, 2))
    for tier in tiers:
        names = ("tier_number", "quantity", "unit_price", "flat_fee", "amount")
        table.add_row(*(str(tier[name]) for name in names))
    console.print(table)


def _show_day(day: Day, console: Console, rows_of: Callable[[str], str] | None) -> None:
    tell = _teller(console)
    tell(
        f"  {day.usage_date}: {day.quantity} units, {day.found} sessions of {len(day.sessions)} conversations"
    )
    for conversation_id, count in day.sessions[:SHOWN] if rows_of else ():
        tell(f"    {conversation_id}: {count}")
        if rows_of:
            console.print(f"      {rows_of(conversation_id)}")
    if rows_of and len(day.sessions) > SHOWN:
        tell(f"    and {len(day.sessions) - SHOWN} more")


def _teller(console: Console) -> Callable[[str], None]:
    """Prints lines that may hold names."""
    return lambda line: console.print(escape(plain(line)))
