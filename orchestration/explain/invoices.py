"""`quarterhour explain invoice`: from a line back to its sessions, counted at each step (I6)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import UsageError
from orchestration.explain.terms import terms_of_line
from orchestration.home import WAREHOUSE
from orchestration.ledger import Entry, Ledger
from reports.line_steps import Billed, Step, line_steps

SESSION_TYPES = {"usage_sessions": "usage", "request_sessions": "request", "alert_sessions": "alert"}
"""The metrics that are a part of the billing sessions."""


@dataclass(frozen=True)
class Day:
    """A local day of a line: what the line's usage mart counts, and the sessions in the lake."""

    usage_date: date
    quantity: int
    sessions: tuple[tuple[str, int], ...] = ()
    """Conversation ids, and how many sessions of the day each has."""

    @property
    def found(self) -> int:
        """Sessions that were found in the lake."""
        return sum(count for _, count in self.sessions)


@dataclass(frozen=True)
class ExplainedLine:
    """A line of an issued document beside what it was made of, as it is counted now."""

    line: dict[str, Any]
    days: tuple[Day, ...] = field(default=())
    steps: tuple[Step, ...] = ()
    """From its tiers to its amount."""
    minor_unit: int = 2

    @property
    def quantity(self) -> int:
        """The sum of the days."""
        return sum(day.quantity for day in self.days)


def explain_invoice(home: Path, number: str, line_number: int | None) -> tuple[Entry, list[ExplainedLine]]:
    """A document and its lines, or one of them, each with its steps, its days and its sessions.

    Raises UsageError where there is no such document or line.
    """
    entries = Ledger(home).entries()
    entry = next((entry for entry in entries if entry.number == number), None)
    if entry is None:
        raise UsageError(f"no document has the number {number}; `quarterhour ledger list` shows all")
    lines = [line for line in entry.body["lines"] if line_number in (None, line["line_number"])]
    if not lines:
        raise UsageError(f"{number} has {len(entry.body['lines'])} lines, none of them is line {line_number}")
    issued = _issued(entries, entry)
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        warehouse.execute("set TimeZone = 'UTC'")
        return entry, [
            ExplainedLine(line, tuple(_days(warehouse, home, line)), *_steps(warehouse, entry, line, issued))
            for line in lines
        ]


def _issued(entries: Sequence[Entry], last: Entry) -> list[Billed]:
    """All lines of an account up to a document, whose own are the last."""
    return [
        Billed(entry.number, line)
        for entry in entries
        if entry.number is not None
        and entry.sequence <= last.sequence
        and entry.body["account_id"] == last.body["account_id"]
        for line in entry.body["lines"]
    ]


def _steps(
    warehouse: duckdb.DuckDBPyConnection, entry: Entry, line: dict[str, Any], issued: Sequence[Billed]
) -> tuple[tuple[Step, ...], int]:
    """From a line's tiers to its amount, and the minor unit of both.

    What other documents billed of its charge is a part of it (I3).
    """
    earlier = [
        each for each in issued if each.number != entry.number and each.line["line_key"] == line["line_key"]
    ]
    month = [each.line for each in issued if each.line["month_date"] == line["month_date"]]
    terms = terms_of_line(warehouse, line, entry.body["currency"])
    return line_steps(line, earlier, month, terms), terms.minor_unit


def _days(warehouse: duckdb.DuckDBPyConnection, home: Path, line: dict[str, Any]) -> list[Day]:
    """The days of a line of usage; other lines have none."""
    if line["line_kind"] != "usage":
        return []
    span = [line["account_id"], line["app_id"], line["app_id"], line["metric"], line["price_id"]]
    period = [line["charge_period_start_date"], line["charge_period_end_date"]]
    counted = warehouse.execute(
        """
        select usage_date, sum(quantity)::bigint from int_usage_subscribed
        where
            account_id = ? and (?::varchar is null or app_id = ?) and metric = ? and price_id = ?
            and usage_date >= ?::date and usage_date < ?::date
        group by usage_date order by usage_date
        """,
        span + period,
    ).fetchall()
    sessions = _sessions(warehouse, home, line)
    return [Day(day, quantity, tuple(sessions.get(day, ()))) for day, quantity in counted]


def _sessions(
    warehouse: duckdb.DuckDBPyConnection, home: Path, line: dict[str, Any]
) -> dict[date, list[tuple[str, int]]]:
    """The complete sessions of a line in the lake, by local day (R11, R17)."""
    table = "voice_sessions" if line["metric"] == "voice_sessions" else "billing_sessions"
    kind = SESSION_TYPES.get(line["metric"])
    of_app = line["account_id"], line["app_id"], line["app_id"]
    period = line["charge_period_start_date"], line["charge_period_end_date"]
    rows = warehouse.execute(
        """
        select
            greatest(cast(timezone(zones.zone, started_at) as date), zones.first_local_date) as usage_date,
            conversation_id,
            count(*)
        from read_parquet(?) as sessions
        inner join int_account_zones as zones
            on
                sessions.account_id = zones.account_id
                and started_at >= zones.from_at and started_at < zones.until_at
        where
            is_complete and sessions.account_id = ? and (?::varchar is null or app_id = ?)
            and (?::varchar is null or session_type = ?)
            and started_at >= ?::date - interval 2 day and started_at < ?::date + interval 2 day
        group by all
        order by usage_date, conversation_id
        """,
        [str(home / "lake" / table / "**" / "*.parquet"), *of_app, kind, kind, *period],
    ).fetchall()
    found: dict[date, list[tuple[str, int]]] = {}
    for day, conversation_id, count in rows:
        found.setdefault(day, []).append((conversation_id, count))
    return found
