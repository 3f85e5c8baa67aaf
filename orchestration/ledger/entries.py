"""What an entry of the ledger is, and the one way in which it is written."""

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NoReturn

from orchestration.errors import RunError

Kind = Literal["invoice", "credit_note", "statement", "void", "wallet_draws"]
PREFIXES = {"invoice": "INV", "credit_note": "CRN", "statement": "STM", "void": "VOI"}
"""What the numbers of a kind begin with; wallet draws have none."""

ENTRY = re.compile(r"(?!0{8})[0-9]{8}\.json")
_FIELDS: dict[str, type | tuple[type, ...]] = {
    "sequence": int, "kind": str, "seller_id": str, "number": (str, type(None)), "key": str,
    "issue_date": str, "recorded_at": str, "inputs": dict, "body": dict, "previous_hash": str, "hash": str,
}  # fmt: skip


class LedgerError(RunError):
    """The ledger takes or gives nothing, because an entry is unfit or what is stored is damaged."""


class LedgerBusyError(LedgerError):
    """Another process is writing."""


@dataclass(frozen=True)
class NewEntry:
    """What is to be issued; `issue_date` is the seller's day, `recorded_at` has a zone, amounts are text."""

    kind: Kind
    seller_id: str
    key: str
    issue_date: date
    recorded_at: datetime
    inputs: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """What was issued; `number` is None for wallet draws."""

    sequence: int
    kind: Kind
    seller_id: str
    number: str | None
    key: str
    issue_date: date
    recorded_at: datetime
    inputs: dict[str, str]
    body: dict[str, Any]
    previous_hash: str
    hash: str


def name_of(sequence: int) -> str:
    """The file of an entry."""
    return f"{sequence:08}.json"


def entry_files(root: Path) -> list[Path]:
    """The files of the entries, in order."""
    return sorted(path for path in root.glob("*.json") if ENTRY.fullmatch(path.name))


def entry_of(name: str, raw: bytes) -> Entry:
    """The entry that a file holds, whatever its hash; a `LedgerError` where it is none."""
    found = parsed(name, raw)
    try:
        if not all(isinstance(found[field], kind) for field, kind in _FIELDS.items()):
            raise TypeError
        dates = {
            "issue_date": date.fromisoformat(found["issue_date"]),
            "recorded_at": datetime.fromisoformat(found["recorded_at"]),
        }
        return Entry(**{**found, **dates})
    except (KeyError, TypeError, ValueError):
        raise LedgerError(f"{name} is not an entry: it was changed") from None


def bytes_of(path: Path) -> bytes:
    """What a file holds; a `LedgerError` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise LedgerError(f"{path.name} cannot be read: {error.strerror}") from None


def parsed(name: str, raw: bytes) -> Any:
    """The JSON of a file; a float makes it none."""

    def refuse(number: str) -> NoReturn:
        raise ValueError(f"{number} is a float")

    try:
        return json.loads(raw.decode(), parse_float=refuse, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise LedgerError(f"{name} is not the JSON of the ledger: {error}") from None


def _fields(entry: Entry) -> dict[str, Any]:
    """An entry as JSON has it."""
    dates = {"issue_date": entry.issue_date.isoformat(), "recorded_at": entry.recorded_at.isoformat()}
    return {**vars(entry), **dates}


def content_of(entry: Entry) -> bytes:
    """The bytes of an entry's file."""
    return canonical(_fields(entry))


def is_canonical(entry: Entry, raw: bytes) -> bool:
    """Whether these are the bytes that the ledger itself writes for an entry."""
    try:
        return content_of(entry) == raw
    except LedgerError:
        return False


def digest(entry: Entry) -> str:
    """The hash that an entry has to state."""
    unsigned = {name: value for name, value in _fields(entry).items() if name != "hash"}
    return sha256(canonical(unsigned)).hexdigest()


def canonical(value: dict[str, Any]) -> bytes:
    """The one way of writing a value; a `LedgerError` for what has none."""
    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return f"{text}\n".encode()
    except (ValueError, RecursionError) as error:
        raise LedgerError(f"{value.get('key')} cannot be written as JSON: {error}") from None
