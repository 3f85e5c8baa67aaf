"""The demo's home: two months of generated logs in two nights, and what customers do in between."""

import json
import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.errors import UsageError
from orchestration.generator import generate_demo
from orchestration.landing.files import all_arrival_days
from orchestration.ledger import Entry, Ledger
from orchestration.settings.loading import FILE_NAME
from reports.formats import minor_unit

MARK = ".demo"
"""A home that a demo made carries this file; no other home is ever emptied."""
OURS = ("landing", "lake", "ledger", "outbox", "reports", "dagster", "warehouse.duckdb")

Span = tuple[date, date]
"""First and last arrival day of a night."""

_DAY = timedelta(days=1)
_DAYS_AFTER_MONTH = 5
"""After so many days of the next month its predecessor is issued, wherever the account is (I1)."""

# Lotus asks for a credit and pays the rest, Sakura does not pay at all.
_PAID_IN_FULL = ("aurora", "negev", "sharika")
_PAID_IN_PART = {"helios": Decimal("0.5"), "lotus": Decimal("0.6")}
_CREDITED = {"lotus": "500"}


def prepare(home: Path, *, fresh: bool) -> list[Span]:
    """Fills `landing/` and gives the nights: one that issues the first month, and one for all that follows.

    Raises UsageError where the home holds logs that are not a demo's.
    """
    make_home(home, fresh=fresh)
    if fresh:
        generate_demo(home / "landing")
    days = all_arrival_days(home / "landing")
    set_days(home, days[0], days[-1])
    second_month = (days[0].replace(day=1) + 32 * _DAY).replace(day=1)
    middle = second_month + (_DAYS_AFTER_MONTH - 1) * _DAY
    return [(days[0], middle), (middle + _DAY, days[-1])]


def make_home(home: Path, *, fresh: bool) -> None:
    """A home of the demo's, emptied of what earlier demos wrote if it is to be fresh."""
    if (home / "landing").exists() and not (home / MARK).exists():
        raise UsageError(
            f"{home} holds logs of your own; set QUARTERHOUR_HOME to an empty folder for the demo"
        )
    home.mkdir(parents=True, exist_ok=True)
    (home / MARK).touch()
    for name in OURS if fresh else ():
        _remove(home / name)


def set_days(home: Path, first: date, last: date) -> None:
    """The settings of a home whose logs have ended: rows may be a day ahead of their arrival."""
    (home / FILE_NAME).write_text(f"first_day = {first}\nlast_day = {last + _DAY}\nschedule = false\n")


def settle(home: Path) -> Path:
    """Lands what customers did with the documents of the first night, and gives the file.

    Most have paid; one in part, one asked for a credit, one is overdue.
    """
    invoices = [entry for entry in Ledger(home).entries() if entry.kind == "invoice"]
    first = min(entry.issue_date for entry in invoices)
    day = first + 21 * _DAY
    rows = [
        row | {"event_id": f"{row['account_id']}-settled-{number}", "occurred_at": f"{day}T10:00:00Z"}
        for number, row in enumerate(_settled([each for each in invoices if each.issue_date == first]))
    ]
    path = home / "landing" / "account_events" / str(day) / "settled.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _settled(invoices: list[Entry]) -> list[dict[str, str]]:
    rows = []
    for entry in invoices:
        account_id, number = entry.body["account_id"], str(entry.number)
        if entry.body["document_class"] != "month":
            continue
        named = {"account_id": account_id, "invoice_number": number}
        if account_id in _CREDITED:
            credit = {"amount": _CREDITED[account_id], "reason": "An outage on 14 September"}
            rows.append({**named, "type": "credit_note_requested", **credit})
        share = Decimal(1) if account_id in _PAID_IN_FULL else _PAID_IN_PART.get(account_id)
        if share:
            paid = {"payment_id": f"{account_id}-p1", "amount": _part(entry.body, share)}
            rows.append({**named, "type": "payment_recorded", **paid, "method": "transfer"})
    return rows


def _part(body: dict[str, Any], share: Decimal) -> str:
    """A share of a total, in the currency's minor unit."""
    unit = Decimal(1).scaleb(-minor_unit(body["currency"]))
    return str((Decimal(body["total"]) * share).quantize(unit))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
