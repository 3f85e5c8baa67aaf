"""The account's book: what an admin does is one event, judged by the fold, then renamed into landing."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from orchestration.book.currencies import unpriced_plans
from orchestration.book.documents import NAMING, document_refusal
from orchestration.book.judging import Verdict, judge
from orchestration.book.types import EventType, event_types
from orchestration.errors import UsageError
from orchestration.ledger import Ledger

STREAM = "account_events"


@dataclass(frozen=True)
class Entry:
    """What is to be written: an event without its id; amounts and days as texts, as the judge takes them."""

    account_id: str
    type: str
    app_id: str | None = None
    fields: Mapping[str, str | bool] = field(default_factory=dict)
    by: str | None = None
    reason: str | None = None
    occurred_at: datetime | None = None
    """When it takes effect; now, unless it says otherwise."""


@dataclass(frozen=True)
class Recorded:
    """An event that the fold takes; `path` is where it lies, None after a dry run."""

    event_id: str
    row: Mapping[str, object]
    path: Path | None
    revived: tuple[str, ...]
    """Refused events of later instants that are taken because of this one."""
    warnings: tuple[str, ...] = ()
    """What it leads to that nobody may have meant."""


def record(home: Path, entry: Entry, *, dry_run: bool = False, now: datetime | None = None) -> Recorded:
    """Writes the event if the fold takes it; two at once wait for each other, and the second sees the first.

    It is judged with all events ingested and all that wait in landing. Raises UsageError with the fold's
    reason; that nothing was written then is certain.
    """
    event_type = _type_of(entry)
    with one_at_a_time(home):
        now = (now or datetime.now(UTC)).astimezone(UTC)
        row = _row(entry, event_type, now)
        event_id = str(row["event_id"])
        name = f"{STREAM}/{now.date()}/{event_id}.jsonl"
        line = (json.dumps(row, ensure_ascii=False) + "\n").encode()
        _refuse_by_document(home, entry, entry.occurred_at or now)
        verdict = judge(home, entry.account_id, line, name, now.date())
        _refuse(entry, verdict)
        path = None if dry_run else appended(home / "landing" / name, line)
    return Recorded(event_id, row, path, verdict.revived, _warnings(home, entry, now))


def _type_of(entry: Entry) -> EventType:
    known = event_types()
    if entry.type not in known:
        raise UsageError(f"unknown type of event {entry.type!r}; it is one of {', '.join(known)}")
    event_type = known[entry.type]
    names = [each.name for each in event_type.fields]
    unknown = [name for name in entry.fields if name not in names]
    if unknown:
        raise UsageError(f"{entry.type} has no {unknown[0]}; it has {', '.join(names) or 'no fields'}")
    if entry.app_id is not None and event_type.app_rule == "none":
        raise UsageError(f"{entry.type} is about the account; it takes no app")
    return event_type


def _row(entry: Entry, event_type: EventType, now: datetime) -> dict[str, object]:
    """The row as it lands. Ids rise with the clock: events of one instant are folded as they were written."""
    at = (entry.occurred_at or now).astimezone(UTC)
    given = {each.name: entry.fields.get(each.name) for each in event_type.fields}
    row: dict[str, object | None] = {
        "event_id": f"{now:%Y%m%dT%H%M%S%f}-{uuid4().hex[:12]}",
        "account_id": entry.account_id,
        "app_id": entry.app_id,
        "occurred_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "type": event_type.name,
        "by": entry.by,
        "reason": entry.reason,
    }
    row |= {name: value for name, value in given.items() if value is not None}
    return {name: value for name, value in row.items() if value is not None}


def _warnings(home: Path, entry: Entry, now: datetime) -> tuple[str, ...]:
    if entry.type != "currency_set":
        return ()
    return unpriced_plans(home, entry.account_id, str(entry.fields["currency"]), entry.occurred_at or now)


def _refuse(entry: Entry, verdict: Verdict) -> None:
    if verdict.refusal is not None:
        raise UsageError(f"{entry.type} is refused: {verdict.refusal}")
    if verdict.is_first and entry.type != "account_opened":
        raise UsageError(f"there is no account {entry.account_id!r} in the book; open it first")
    if verdict.overturned:
        raise UsageError(f"{entry.type} would undo what was taken since: {'; '.join(verdict.overturned)}")


def _refuse_by_document(home: Path, entry: Entry, at: datetime) -> None:
    refusal = document_refusal(
        Ledger(home).entries() if entry.type in NAMING else [], entry.account_id, entry.type, entry.fields, at
    )
    if refusal is not None:
        raise UsageError(f"{entry.type} is refused: {refusal}")


def appended(path: Path, line: bytes) -> Path:
    """The file, whole and on disk before it has its name; a name that is taken is never given again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("xb") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        beside.unlink()
        raise FileExistsError(f"{path} is there already")
    os.rename(beside, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return path


@contextmanager
def one_at_a_time(home: Path) -> Iterator[None]:
    """Between the judgement and the writing nobody else writes; freed when a process dies."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".book.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
