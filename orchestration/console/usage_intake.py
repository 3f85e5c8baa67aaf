"""What became of an account's rows and events (R20), for the foot of its usage page."""

from collections import defaultdict
from datetime import date

import duckdb

from orchestration.console.reading import Row, grouped, rows
from reports.models import (
    FileWarning,
    Ledger,
    LedgerLine,
    QuarantineReason,
    RefusedEvent,
)
from reports.models.usage_page import MonthLedger

MONTHS = 3
"""So many months of arrivals are shown: the newest of each account that have some."""

REFUSALS = 50
"""So many refused events are shown, the newest; the rest is counted."""

_COUNTED = ("rows", "accepted", "duplicate", "superseded", "excluded", "quarantined")
_SUMS = ", ".join(f"cast(sum({count}) as bigint) as {count}" for count in _COUNTED)
_MONTH = "cast(date_trunc('month', arrival_day) as date)"

_LINES = f"""
with lines as (
    select account_id, {_MONTH} as month, stream, {_SUMS}
    from file_ledger where account_id <> '' group by all
)
from lines
qualify dense_rank() over (partition by account_id order by month desc) <= {MONTHS}
order by account_id, month desc, stream
"""
_OF_NOBODY = f"""
select {_MONTH} as month, 'all' as stream, {_SUMS}
from file_ledger where account_id = '' group by all having sum(rows) > 0
"""
_REASONS = """
select account_id, arrival_month as month, stream, reason, rows
from quarantine_reasons where account_id <> ''
order by account_id, month, stream, rows desc, reason
"""
# A file's problem may stand on another account's line of the ledger, or on nobody's.
_WARNINGS = f"""
select distinct ledger.account_id, {_MONTH.replace("arrival_day", "ledger.arrival_day")} as month,
    ledger.file, problems.problem
from file_ledger as ledger
inner join file_ledger as problems on ledger.stream = problems.stream and ledger.file = problems.file
where problems.problem is not null and ledger.account_id <> ''
order by all
"""
_REFUSALS = f"""
select account_id, cast(timezone('UTC', occurred_at) as date) as occurred_on, event_type, refusal_reason,
    count(*) over (partition by account_id) as in_all
from account_event_refusals
qualify row_number() over (partition by account_id order by occurred_at desc, event_id) <= {REFUSALS}
order by account_id, occurred_at desc, event_id
"""


class UsageIntake:
    """The ledger of rows by account and month, and the account events that have no effect."""

    def __init__(self, warehouse: duckdb.DuckDBPyConnection):
        self._lines = grouped(warehouse, _LINES, "account_id")
        self._nobodys = {row["month"]: _line(row) for row in rows(warehouse, _OF_NOBODY)}
        self._reasons = grouped(warehouse, _REASONS, "account_id", "month")
        self._warnings = grouped(warehouse, _WARNINGS, "account_id", "month")
        self._refusals = grouped(warehouse, _REFUSALS, "account_id")

    def ledgers(self, account_id: str) -> tuple[MonthLedger, ...]:
        """The newest months in which rows arrived."""
        months: defaultdict[date, list[LedgerLine]] = defaultdict(list)
        for row in self._lines.get(account_id, []):
            months[row["month"]].append(_line(row))
        return tuple(
            MonthLedger(month, self._ledger(account_id, month, tuple(lines)))
            for month, lines in months.items()
        )

    def _ledger(self, account_id: str, month: date, lines: tuple[LedgerLine, ...]) -> Ledger:
        key = (account_id, month)
        return Ledger(
            lines,
            self._nobodys.get(month),
            tuple(
                QuarantineReason(row["stream"], row["reason"], row["rows"])
                for row in self._reasons.get(key, [])
            ),
            tuple(FileWarning(row["file"], row["problem"]) for row in self._warnings.get(key, [])),
        )

    def refused(self, account_id: str) -> tuple[RefusedEvent, ...]:
        """The newest events that were refused."""
        return tuple(
            RefusedEvent(row["occurred_on"], row["event_type"], row["refusal_reason"])
            for row in self._refusals.get(account_id, [])
        )

    def refused_count(self, account_id: str) -> int:
        """How many were, in all."""
        found = self._refusals.get(account_id, [])
        return found[0]["in_all"] if found else 0


def _line(row: Row) -> LedgerLine:
    return LedgerLine(row["stream"], **{count: row[count] for count in _COUNTED})
