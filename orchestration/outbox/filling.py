"""The outbox: what finance receives, by month of issue, made of the ledger and the marts and of nothing else.

`<home>/outbox/<YYYY-MM>/` has `documents/<number>.json` (the ledger entry's bytes) and `.html` (its page),
`register.csv`, `journal.csv`, and `receivables.csv` (what is open, at the latest watermark, of all that was
issued up to that month). Whoever deletes these folders gets the same bytes again; but what `.sent` says of
deliveries is in no other place, and whoever deletes it has everything sent again.
"""

import fcntl
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from orchestration.errors import RunError, UsageError
from orchestration.home import WAREHOUSE
from orchestration.ledger import Entry, Ledger
from orchestration.outbox.channels import channels_of
from orchestration.outbox.delivering import DONE, Letter, Records, deliver
from orchestration.outbox.settings import OutboxSettings
from orchestration.settings.loading import Settings
from reports import finance, names, render
from reports.models.documents import IssuedDocument, issued_document

OUTBOX = "outbox"


@dataclass(frozen=True)
class OutboxResult:
    """What a filling did; each name of a document is followed by how it is sent, and why it was not."""

    files_written: int
    sent: list[str]
    failed: list[str]
    """Not sent; the next filling tries again."""
    unknown: list[str]
    """Perhaps sent; an operator decides: `quarterhour outbox resend`, or `confirm`."""


def fill_outbox(home: Path, settings: Settings) -> OutboxResult:
    """Writes what has changed, and delivers what was not delivered; a second filling waits for the first.

    A failed delivery raises nothing. Raises RunError where the marts are absent or do not fit the ledger, and
    LedgerError where the ledger is damaged.
    """
    with _only_filling(home) as outbox:
        books = _read(home)
        files = _files(books, settings.outbox.accounts)
        written = sum(_put(outbox / path, content) for path, content in files)
        letters = _letters(outbox, books, settings.outbox)
        delivered = deliver(letters, channels_of(settings.outbox), Records(outbox))
    return OutboxResult(written, delivered.sent, delivered.failed, delivered.unknown)


def send_again(home: Path, number: str) -> None:
    """Lets the next filling send a document of which nobody knew whether it had been sent."""
    with _only_filling(home) as outbox:
        for channel in _unclear(outbox, number):
            Records(outbox).forget(number, channel)


def confirm_sent(home: Path, number: str) -> None:
    """Notes that a document of which nobody knew has arrived."""
    with _only_filling(home) as outbox:
        for channel in _unclear(outbox, number):
            Records(outbox).note(number, channel, DONE)


def _unclear(outbox: Path, number: str) -> list[str]:
    found = Records(outbox).unclear(number)
    if not found:
        raise UsageError(f"of {number} it is not unknown whether it was sent: nothing to decide")
    return found


@contextmanager
def _only_filling(home: Path) -> Iterator[Path]:
    """The folder, for this process alone: two that send would send twice."""
    outbox = home / OUTBOX
    outbox.mkdir(parents=True, exist_ok=True)
    with (outbox / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield outbox


@dataclass(frozen=True)
class _Issued:
    """A document, and its bytes in the ledger."""

    document: IssuedDocument
    raw: bytes

    @property
    def month(self) -> str:
        return names.month_folder(self.document.issue_date)

    @property
    def page(self) -> Path:
        return Path(self.month, "documents", f"{self.document.number}.html")


@dataclass(frozen=True)
class _Draws:
    """An entry of wallet draws."""

    entry: Entry

    @property
    def month(self) -> str:
        return names.month_folder(self.entry.issue_date)


@dataclass(frozen=True)
class _Marts:
    """What only the marts know."""

    watermark: datetime | None
    open_documents: list[tuple[str, Decimal, Decimal, Decimal]]
    """Number, credited, paid, amount due."""


@dataclass(frozen=True)
class _Books:
    """All that the outbox is made of, in the order of the ledger."""

    entries: list[_Issued | _Draws]
    marts: _Marts

    @property
    def issued(self) -> list[_Issued]:
        return [each for each in self.entries if isinstance(each, _Issued)]


def _read(home: Path) -> _Books:
    """Marts first: a document that they know is in the ledger by then, also while another process issues."""
    marts, ledger = _marts(home), Ledger(home)
    entries = [_from_ledger(ledger, entry) for entry in ledger.entries()]
    if entries and marts.watermark is None:
        raise RunError(f"the ledger has entries, but {home / WAREHOUSE} does not say how far the logs go")
    return _Books(entries, marts)


def _from_ledger(ledger: Ledger, entry: Entry) -> _Issued | _Draws:
    if entry.number is None:
        return _Draws(entry)
    raw = (ledger.root / f"{entry.sequence:08}.json").read_bytes()
    return _Issued(issued_document(json.loads(raw)), raw)


def _marts(home: Path) -> _Marts:
    if not (home / WAREHOUSE).exists():
        return _Marts(None, [])
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        warehouse.execute("set TimeZone = 'UTC'")
        watermark = warehouse.execute("select watermark_at from int_watermark").fetchone()
        # What credit notes take from a document is in that one's amount due already.
        open_documents = warehouse.execute("""
            select invoice_number, credited_amount, paid_amount, amount_due from invoices
            where
                status = 'issued' and amount_due != 0
                and not (document_class = 'credit' and corrects_invoice_id is not null)
            order by due_date, invoice_number
        """).fetchall()
    return _Marts(watermark[0] if watermark else None, open_documents)


def _files(books: _Books, chart: finance.Chart) -> Iterator[tuple[Path, bytes]]:
    """The files of every month of issue."""
    for each in books.issued:
        yield each.page.with_suffix(".json"), each.raw
        yield each.page, render.issued_page(each.document).encode()
    numbers = {each.document.document_id: each.document.number for each in books.issued}
    postings, open_documents = _postings(books, chart), _open_documents(books)
    for month in sorted(postings):
        documents = [each.document for each in books.issued if each.month == month]
        open_by_then = [
            item for item in open_documents if names.month_folder(item.document.issue_date) <= month
        ]
        yield Path(month, "register.csv"), finance.register(documents, numbers).encode()
        yield Path(month, "journal.csv"), finance.journal(postings[month]).encode()
        yield Path(month, "receivables.csv"), finance.receivables(open_by_then).encode()


def _postings(books: _Books, chart: finance.Chart) -> dict[str, list[finance.Posting]]:
    """By month of issue, in the order of the ledger; a month may have none."""
    top_ups = frozenset(each.document.document_id for each in books.issued if each.document.is_top_up)
    postings: defaultdict[str, list[finance.Posting]] = defaultdict(list)
    for each in books.entries:
        if isinstance(each, _Issued):
            postings[each.month] += finance.document_postings(each.document, chart, top_ups)
        else:
            postings[each.month] += finance.draw_postings(_paid_draws(each.entry), chart)
    return postings


def _paid_draws(entry: Entry) -> Iterator[finance.PaidDraw]:
    """What an entry drew from paid funds, by app, month of usage and currency (P0)."""
    sums: defaultdict[tuple[str, str, date, str], Decimal] = defaultdict(Decimal)
    for draw in entry.body["draws"]:
        if draw["credit_id"] is None:
            month = date.fromisoformat(draw["month_date"])
            sums[draw["account_id"], draw["app_id"], month, draw["currency"]] += Decimal(draw["amount"])
    for (account_id, app_id, month, currency), amount in sorted(sums.items()):
        yield finance.PaidDraw(entry.key, entry.issue_date, account_id, app_id, month, currency, amount)


def _open_documents(books: _Books) -> list[finance.OpenDocument]:
    """Those that the marts say are open, at the watermark, which is another day in each seller's zone."""
    documents = {each.document.number: each.document for each in books.issued}
    watermark = books.marts.watermark
    found = []
    for number, credited, paid, amount_due in books.marts.open_documents:
        if watermark is None or number not in documents:
            raise RunError(f"the marts have {number}, but the ledger has not")
        document = documents[number]
        as_of = watermark.astimezone(ZoneInfo(document.seller.zone)).date()
        found.append(finance.OpenDocument(document, as_of, credited, paid, amount_due))
    return found


def _letters(outbox: Path, books: _Books, settings: OutboxSettings) -> list[Letter]:
    """What is to be delivered, once."""
    first = settings.deliver_from or date.min
    return [
        Letter(each.document, (outbox / each.page).resolve())
        for each in books.issued
        if each.document.issue_date >= first
    ]


def _put(path: Path, content: bytes) -> bool:
    """Writes a file beside its place and renames it into it, unless it stands there already."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")  # of a filling that was killed it is written over
    beside.write_bytes(content)
    os.replace(beside, path)
    return True
