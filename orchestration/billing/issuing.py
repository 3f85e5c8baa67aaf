"""Issuing (I1, I2): the documents whose time has come go from the marts into the ledger, each whole or not.

The marts may be older than the ledger, if a run died between the two: then they are built again before
anything is issued, so that nothing is billed twice.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import duckdb

from orchestration import dbt
from orchestration.billing.documents import Drafts, Waiting
from orchestration.billing.drawing import append_draws
from orchestration.billing.issued import DRAWN, ISSUED, publish_issued
from orchestration.counting.audits import ids_on_two_days
from orchestration.errors import RunError, UsageError
from orchestration.lake import Lake
from orchestration.lake.tables import TABLES
from orchestration.ledger import Entry, Ledger, LedgerError, LedgerWriter, NewEntry

DAY = timedelta(days=1)
RELEASE = (
    "Accept an id that is right on both days: quarterhour account accept-id ACCOUNT --stream STREAM --id ID; "
    "or correct the files and run their days again. What the ledger refuses is issued by the next night once "
    "what the reason names is mended. Until then the account gets no further document"
)
"""What an operator does about documents that are held back."""


@dataclass(frozen=True)
class Issued:
    """What an issuing did: the new entries, what is due but held back, and what waits for its grace.

    What is held back stays so until somebody acts; what waits is issued by itself.
    """

    entries: list[Entry]
    held: list[Waiting]
    waiting: list[Waiting]


def issue(home: Path, month: date | None = None) -> Issued:
    """Draws on the wallets, and issues every document that is due, of a month and those before it if given.

    A second call issues nothing twice. Raises LedgerBusyError while another one issues, LedgerError where the
    ledger is damaged, DbtError where the marts cannot be built.
    """
    lake, ledger = Lake(home), Ledger(home)
    lake.ensure(TABLES)
    with ledger.writing() as writer:
        _bring_marts_up_to_date(lake, ledger)
        if _draw(ledger, writer):
            _bring_marts_up_to_date(lake, ledger)
        with _marts(home) as warehouse:
            drafts = Drafts(warehouse, code_version())
            due, doubtful = _without_doubts(drafts.due(month), _doubtful_ids(lake, drafts, month))
            waiting = drafts.waiting(month)
        entries, refused = _append(writer, due)
        _bring_marts_up_to_date(lake, ledger)
    return Issued(entries, refused + doubtful, waiting)


def _draw(ledger: Ledger, writer: LedgerWriter) -> bool:
    """Draws on the wallets; whether what is due is another matter since.

    A credit note on a top-up takes what usage has left of it, and so comes after the night's draws (P10).
    """
    with _marts(ledger.root.parent) as warehouse:
        drafts = Drafts(warehouse)
        _refuse_going_back(ledger, drafts)
        if not drafts.watermark:
            return False
        drawn = append_draws(warehouse, writer, drafts.watermark)
        return drawn is not None and drafts.take_from_wallets()


@contextmanager
def _marts(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home / dbt.WAREHOUSE), read_only=True) as warehouse:
        warehouse.execute("set TimeZone = 'UTC'")
        yield warehouse


def _append(writer: LedgerWriter, due: list[NewEntry]) -> tuple[list[Entry], list[Waiting]]:
    """The new entries; one that the ledger refuses is held back, and all later ones of its account."""
    entries: list[Entry] = []
    held: list[Waiting] = []
    blocked: dict[str, str] = {}
    for new in due:
        account_id = new.body["account_id"]
        if account_id not in blocked:
            try:
                entry = writer.append(new)
            except LedgerError as error:
                blocked[account_id] = str(error)
            else:
                entries += [entry] if entry else []
        if account_id in blocked:
            held.append(_held(new, f"the ledger refuses it: {blocked[account_id]}"))
    return entries, held


def _held(new: NewEntry, reason: str) -> Waiting:
    return Waiting(new.body["account_id"], date.fromisoformat(new.body["month_date"]), reason)


def _refuse_going_back(ledger: Ledger, drafts: Drafts) -> None:
    """Arrivals that were taken away again would take back months that were issued because of them."""
    last = max((entry.recorded_at for entry in ledger.entries()), default=None)
    if last and drafts.watermark and drafts.watermark < last:
        raise RunError(
            f"the last arrival day is {drafts.watermark - DAY:%Y-%m-%d}, but documents were issued on those "
            f"up to {last - DAY:%Y-%m-%d}: put back what had landed since, or at least an empty file into "
            f"landing/interactions/{last - DAY:%Y-%m-%d}/"
        )


def _doubtful_ids(lake: Lake, drafts: Drafts, month: date | None) -> dict[str, list[str]]:
    """By account, the ids that stand on two days of the due months, unless they are accepted (R18)."""
    months = drafts.due_months(month)
    days = {first + DAY * number for first in months for number in range(-1, 33)}
    accepted = drafts.accepted_ids()
    found: dict[str, list[str]] = {}
    for stream, account_id, id_, _ in ids_on_two_days(lake, sorted(days)).iter_rows() if days else ():
        if (account_id, stream, id_) not in accepted:
            found.setdefault(account_id, []).append(f"{stream} {id_}")
    return found


def _without_doubts(
    due: list[NewEntry], doubts: dict[str, list[str]]
) -> tuple[list[NewEntry], list[Waiting]]:
    """What can be issued, and what is held back until an operator decides."""
    held = [
        _held(entry, f"ids stand on two days: {', '.join(doubts[entry.body['account_id']][:3])}")
        for entry in due
        if entry.body["account_id"] in doubts
    ]
    return [entry for entry in due if entry.body["account_id"] not in doubts], held


def _bring_marts_up_to_date(lake: Lake, ledger: Ledger) -> None:
    """Builds what follows from the ledger where it has entries that the marts do not know."""
    publish_issued(lake, ledger)
    known = _known(lake.home)
    if known != ledger.version():
        tables = _changed_since(ledger, known) if known is not None else ()
        what = " ".join(f"source:lake.{table}+" for table in tables) or None
        dbt.build(lake.home, select=what).raise_if_failed()


def _changed_since(ledger: Ledger, known: str) -> Collection[str]:
    """The tables of the ledger that say something else than when `known` was its last entry.

    Most nights draw on wallets and issue nothing: that touches a sixth of what follows from documents.
    """
    entries = ledger.entries()
    last = next((entry.sequence for entry in entries if entry.hash == known), None)
    if last is None or any(entry.kind != "wallet_draws" for entry in entries if entry.sequence > last):
        return ISSUED
    return DRAWN


def is_up_to_date(home: Path, ledger: Ledger) -> bool:
    """Whether the marts know the ledger's last entry."""
    return _known(home) == ledger.version()


def _known(home: Path) -> str | None:
    """The last entry of the ledger that the marts know; None where none were built that know of a ledger."""
    if not (home / dbt.WAREHOUSE).exists():
        return None
    try:
        with duckdb.connect(str(home / dbt.WAREHOUSE), read_only=True) as warehouse:
            return Drafts(warehouse, "").ledger_hash()
    except duckdb.Error:  # damaged, or of a version without a ledger: they are made anew
        return None


def month_of(text: str | None) -> date | None:
    """`2026-03` as its first day; raises UsageError for anything else."""
    if text is None:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise UsageError(f"{text!r} is not a month such as 2026-03") from None


def code_version() -> str:
    """The package's version, and a hash of the SQL that rates."""
    digest = sha256()
    for folder in ("models", "macros", "seeds"):
        for path in sorted((dbt.PROJECT_DIR / folder).rglob("*")):
            if path.suffix in (".sql", ".csv"):
                digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"{version('quarterhour')}+{digest.hexdigest()[:12]}"
