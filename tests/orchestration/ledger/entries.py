"""Entries to issue, and what somebody would do to them afterwards."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from orchestration.ledger import (
    Entry,
    Kind,
    Ledger,
    LedgerError,
    NewEntry,
)

MARCH = date(2026, 3, 31)
NIGHT = datetime(2026, 4, 3, 2, 0, tzinfo=UTC)
BODY = {
    "lines": [{"amount": "10.00", "line": 1}, {"amount": "-2.50", "line": 2}],
    "subtotal": "7.50", "tax": "1.43", "total": "8.93", "to": "Zoë 漢字 \u2028\x7f \"GmbH\"",
}  # fmt: skip


def new(
    key: str, kind: Kind = "invoice", seller: str = "acme", day: date = MARCH, body: Any = BODY
) -> NewEntry:
    """Something to issue."""
    return NewEntry(kind, seller, key, day, NIGHT, {"usage": "a1", "prices": "b2", "code": "0.2.0"}, body)


SEVERAL = [
    new("invoice/acme/1"),
    new("draws/1", "wallet_draws", body={"draws": []}),
    new("invoice/acme/2"),
    new("void/1", "void", body={"of": "INV-acme-2026-000001"}),
    new("invoice/zebra/1", seller="zebra", day=date(2027, 1, 1)),
    new("invoice/acme/3", day=date(2027, 1, 2)),
]


def issue(home: Path, wanted: list[NewEntry], hear: Callable[[Entry], object] = lambda entry: None) -> Ledger:
    """A run that issues what is not issued yet."""
    ledger = Ledger(home)
    with ledger.writing() as writer:
        for each in wanted:
            if entry := writer.append(each):
                hear(entry)
    return ledger


def files(ledger: Ledger) -> dict[str, bytes]:
    """What lies in the folder."""
    return {path.name: path.read_bytes() for path in sorted(ledger.root.iterdir())}


def forge(ledger: Ledger, at: int, previous_hash: str | None = None, **changes: Any) -> str:
    """Changes an entry as somebody would who knows how it is hashed; gives its new hash."""
    path = ledger.root / f"{at:08}.json"
    document = json.loads(path.read_bytes()) | changes
    if previous_hash:
        document["previous_hash"] = previous_hash
    del document["hash"]
    document["hash"] = sha256(canonical(document)).hexdigest()
    path.write_bytes(canonical(document))
    return str(document["hash"])


def canonical(document: dict[str, Any]) -> bytes:
    """What the ledger's docstring says of its files, once more."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{text}\n".encode()


def assert_found(ledger: Ledger, *words: str) -> None:
    """Some finding has all the words in it, and nothing is issued any more."""
    findings = ledger.verify()
    assert any(all(word in finding for word in words) for finding in findings), findings
    before = files(ledger)
    with pytest.raises(LedgerError, match="nothing was issued"):
        issue(ledger.root.parent, [new("another", day=date(2028, 1, 1))])
    assert files(ledger) == before


def before(call: Callable[..., Any], what: Callable[[], None]) -> Callable[..., Any]:
    """A call, and something else first."""

    def both(*given: Any, **named: Any) -> Any:
        what()
        return call(*given, **named)

    return both
