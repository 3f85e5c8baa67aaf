"""A home whose outbox is to be filled: a ledger and marts made by hand; and commands that send."""

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.home import WAREHOUSE
from orchestration.ledger import Kind, Ledger, NewEntry
from orchestration.outbox.filling import OutboxResult, fill_outbox
from orchestration.outbox.settings import OutboxSettings
from orchestration.settings.loading import Settings
from tests.reports import issued_samples as samples
from tests.reports.issued_samples import Body

APRIL, MAY, JUNE = date(2026, 4, 4), date(2026, 5, 4), date(2026, 6, 3)
INVOICE, TOP_UP, CREDIT = "INV-acme-2026-000001", "INV-acme-2026-000002", "CRN-acme-2026-000001"
NUMBERS = [INVOICE, TOP_UP, CREDIT]


def entry(kind: Kind, key: str, day: date, body: Body) -> NewEntry:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return NewEntry(kind, "acme", key, day, at, {}, body)


def draw(amount: str, credit_id: str | None = None, month: str = "2026-04-01") -> Body:
    return {
        "account_id": "zoe", "app_id": "shop", "month_date": month, "wallet_date": "2026-05-03",
        "credit_id": credit_id, "currency": "EUR", "amount": amount,
    }  # fmt: skip


DRAWS = [draw("12.0000", "welcome"), draw("30.0000"), draw("-0.5000"), draw("-2.0000", month="2026-03-01")]
ENTRIES = [
    entry("invoice", "month/zoe-2026-03", APRIL, samples.march()),
    entry("invoice", "top_up/zoe-order-o2", APRIL, samples.top_up()),
    entry("wallet_draws", "draws/2026-05-04/0", MAY, {"draws": DRAWS}),
    entry("credit_note", "credit/zoe-credit-1", MAY,
          samples.credit_note() | {"issue_date": "2026-05-04", "due_date": "2026-06-03"}),
]  # fmt: skip

MARTS = """
create table int_watermark as select timestamptz '2026-06-10 00:00:00+00' as watermark_at;
create table invoices (account_id varchar, invoice_month date, document_class varchar, invoice_number varchar,
    status varchar, currency varchar, due_date date, corrects_invoice_id varchar,
    credited_amount decimal(18, 4), paid_amount decimal(18, 4), amount_due decimal(18, 4));
"""


def write_marts(home: Path) -> None:
    """The credit note is in the invoice's amount due, the top-up is paid, April and May are drafts."""
    with duckdb.connect(str(home / WAREHOUSE)) as warehouse:
        warehouse.execute(MARTS)
        for row in (
            ("zoe", date(2026, 3, 1), "month", INVOICE, "issued", "EUR", MAY, None, "11.90", "100", "387.51"),
            ("zoe", APRIL, "top_up", TOP_UP, "issued", "EUR", MAY, None, "0", "119", "0"),
            ("zoe", MAY, "credit", CREDIT, "issued", "EUR", JUNE, "zoe-2026-03", "0", "0", "-11.90"),
            ("zoe", date(2026, 4, 1), "month", None, "draft", "EUR", None, None, "0", "0", "7"),
        ):
            amounts = map(Decimal, row[-3:])
            warehouse.execute(f"insert into invoices values ({', '.join('?' * 11)})", [*row[:-3], *amounts])


def small_home(home: Path) -> Path:
    """Three documents and a night's draws."""
    with Ledger(home).writing() as writer:
        for each in ENTRIES:
            writer.append(each)
    write_marts(home)
    return home


def fill(home: Path, **outbox: Any) -> OutboxResult:
    return fill_outbox(home, Settings(home, outbox=OutboxSettings(**outbox)))


def shell(script: str) -> tuple[str, ...]:
    """A command whose last argument is $1."""
    return ("sh", "-c", script, "sh")


def names(log: Path) -> list[str]:
    return [Path(line).stem for line in log.read_text().splitlines()] if log.exists() else []


KILLED = """
import sys
from pathlib import Path
from orchestration.outbox.filling import fill_outbox
from orchestration.outbox.settings import OutboxSettings
from orchestration.settings.loading import Settings
home = Path(sys.argv[1])
fill_outbox(home, Settings(home, outbox=OutboxSettings(command=tuple(sys.argv[2:]))))
"""


def killed_after_sending(home: Path, log: Path) -> None:
    """A filling whose process is killed by kill -9 once its command has sent the first document."""
    command = shell(f'echo "$1" >> {log}; kill -9 $PPID')
    ran = subprocess.run([sys.executable, "-c", KILLED, str(home), *command], check=False)
    assert ran.returncode == -9
    assert names(log) == [INVOICE]
