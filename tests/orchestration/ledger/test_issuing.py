"""The ledger: what is issued, in which order, and by whom (I2, I4)."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from datetime import date, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration import ledger as ledgers
from orchestration.ledger import (
    NOTHING,
    Entry,
    Kind,
    Ledger,
    LedgerBusyError,
    LedgerError,
    NewEntry,
    inspection,
)
from tests.orchestration.ledger.entries import BODY, NIGHT, SEVERAL, before, canonical, files, issue, new


def test_entries_are_read_as_they_were_issued(tmp_path: Path) -> None:
    heard: list[Entry] = []
    ledger = issue(tmp_path, SEVERAL, heard.append)
    assert ledger.entries() == heard
    assert ledger.verify() == []
    assert ledger.version() == heard[-1].hash
    assert [entry.number for entry in heard] == [
        "INV-acme-2026-000001", None, "INV-acme-2026-000002", "VOI-acme-2026-000001", "INV-zebra-2027-000001",
        "INV-acme-2027-000001",
    ]  # fmt: skip
    assert [(entry.key, entry.body, entry.issue_date) for entry in heard] == [
        (each.key, each.body, each.issue_date) for each in SEVERAL
    ]


def test_a_ledger_without_entries_is_good(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert (ledger.entries(), ledger.version(), ledger.verify()) == ([], NOTHING, [])
    assert not ledger.root.exists()
    issue(tmp_path, [])
    assert (ledger.entries(), ledger.version(), ledger.verify()) == ([], NOTHING, [])


def test_a_file_is_canonical_and_hashed_without_its_hash(pristine: Ledger) -> None:
    raw = (pristine.root / "00000003.json").read_bytes()
    document = json.loads(raw)
    assert raw == canonical(document)
    stated = document.pop("hash")
    assert stated == sha256(canonical(document)).hexdigest()
    assert document["previous_hash"] == pristine.entries()[1].hash
    assert document["recorded_at"] == "2026-04-03T02:00:00+00:00"


def test_the_zone_of_the_recording_does_not_change_the_hash(tmp_path: Path) -> None:
    elsewhere = NIGHT.astimezone(timezone(timedelta(hours=9)))
    there = NewEntry(**{**vars(SEVERAL[0]), "recorded_at": elsewhere})
    first, second = (issue(tmp_path / name, [each]) for name, each in (("a", SEVERAL[0]), ("b", there)))
    assert first.version() == second.version()


Wanted = tuple[Kind, str, int]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(get_args(Kind)), st.sampled_from(["a", "b"]), st.integers(0, 300)),
                max_size=12), st.integers(1, 4))  # fmt: skip
def test_numbers_are_gapless_per_seller_kind_and_year(wanted: list[Wanted], runs: int) -> None:
    day, entries = date(2025, 6, 1), []
    for position, (kind, seller, days) in enumerate(wanted):
        day += timedelta(days)
        entries.append(new(f"key/{position}", kind, seller, day, {}))
    with TemporaryDirectory() as home:
        for run in range(1, runs + 1):
            ledger = issue(Path(home), entries[: len(entries) * run // runs])
        issued = ledger.entries()
        assert ledger.verify() == []
    series = defaultdict(list)
    for entry in issued:
        if entry.kind != "wallet_draws":
            series[entry.kind, entry.seller_id, entry.issue_date.year].append(entry.number)
    prefixes = {"invoice": "INV", "credit_note": "CRN", "statement": "STM", "void": "VOI"}
    for (kind, seller, year), numbers in series.items():
        expected = [f"{prefixes[kind]}-{seller}-{year}-{n:06}" for n in range(1, len(numbers) + 1)]
        assert numbers == expected
    assert [entry.sequence for entry in issued] == list(range(1, len(wanted) + 1))


def test_what_is_issued_is_not_issued_again(ledger: Ledger) -> None:
    before = files(ledger)
    heard: list[Entry] = []
    issue(ledger.root.parent, [*SEVERAL, new("invoice/acme/1", body={"total": "other"})], heard.append)
    assert heard == []
    assert files(ledger) == before


def test_what_the_caller_does_to_its_body_afterwards_changes_nothing(tmp_path: Path) -> None:
    body = {"lines": [{"amount": "1.00"}]}
    with Ledger(tmp_path).writing() as writer:
        entry = writer.append(new("invoice/acme/1", body=body))
        body["lines"][0]["amount"] = "2.00"
    assert entry == Ledger(tmp_path).entries()[0]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"lines": [{"amount": 1.5}]}, r"odd\.body\.lines\[0\]\.amount is the float 1.5"),
        ({"quantity": float("nan")}, r"odd\.body\.quantity is the float nan"),
        ({"total": Decimal("1.50")}, r"odd\.body\.total is a Decimal"),
        ({"by_month": {3: "1.50"}}, r"names that are no text"),
        ({"to": "\ud800"}, r"odd cannot be written as JSON"),
        ({**BODY, "total": "8.94"}, r"odd does not add up: subtotal 7.50 and tax 1.43 .* total 8.94 \(I4\)"),
        ({**BODY, "lines": []}, r"odd does not add up: its lines are 0, its subtotal is 7.50 \(I4\)"),
        ({**BODY, "lines": [{}]}, r"odd has an amount that is absent"),
        ({**BODY, "tax": "1,43"}, r"odd has an amount that is absent or no decimal number: '1,43'"),
        ({**BODY, "tax": 1}, r"no decimal number: 1"),
    ],
)  # fmt: skip
def test_a_body_that_would_be_wrong_for_ever_is_refused(ledger: Ledger, body: Any, why: str) -> None:
    before = files(ledger)
    with pytest.raises(LedgerError, match=why):
        issue(ledger.root.parent, [new("odd", "credit_note", body=body)])
    assert files(ledger) == before


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kind": "receipt"}, "no known kind: 'receipt'"),
        ({"seller_id": "a/b"}, "cannot stand in a number: 'a/b'"),
        ({"seller_id": ""}, "cannot stand in a number: ''"),
        ({"issue_date": NIGHT}, "an instant as its issue date"),
        ({"recorded_at": NIGHT.replace(tzinfo=None)}, "without a zone"),
        ({"key": ""}, "has no key"),
        ({"inputs": {"usage": 1.0}}, r"inputs\.usage is the float"),
    ],
)
def test_an_entry_that_is_unfit_is_refused(ledger: Ledger, change: dict[str, Any], why: str) -> None:
    before = files(ledger)
    with pytest.raises(LedgerError, match=why):
        issue(ledger.root.parent, [NewEntry(**{**vars(new("odd", "credit_note")), **change})])
    assert files(ledger) == before


def test_a_document_is_not_dated_before_the_last_of_its_seller_and_kind(ledger: Ledger) -> None:
    before = files(ledger)
    with pytest.raises(
        LedgerError, match="2027-01-01 of late lies before 2027-01-02, that of the last invoice"
    ):
        issue(ledger.root.parent, [new("late", day=date(2027, 1, 1))])
    assert files(ledger) == before
    others = [
        new("of another kind", "credit_note"),
        new("of another seller", seller="zebra", day=date(2027, 1, 1)),
        new("the same day", day=date(2027, 1, 2)),
        new("draws/2", "wallet_draws", day=date(2025, 1, 1), body={}),
    ]
    issue(ledger.root.parent, others)
    assert ledger.verify() == []


def test_appending_reads_nothing_again(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    with ledger.writing() as writer, monkeypatch.context() as patched:
        for name in ("read_bytes", "iterdir", "glob"):
            patched.setattr(Path, name, None)
        for n in range(20):
            assert writer.append(new(f"credit/{n}", "credit_note"))
    assert len(ledger.entries()) == len(SEVERAL) + 20


# Several at once


def test_one_issues_at_a_time(ledger: Ledger) -> None:
    code = "import pathlib, sys; from orchestration.ledger import Ledger\n"
    code += "with Ledger(pathlib.Path(sys.argv[1])).writing(): pass"

    def other_process() -> subprocess.CompletedProcess[str]:
        arguments = [sys.executable, "-c", code, str(ledger.root.parent)]
        return subprocess.run(arguments, capture_output=True, text=True, check=False)

    with ledger.writing() as writer:
        with (
            pytest.raises(LedgerBusyError, match="another run is issuing"),
            Ledger(ledger.root.parent).writing(),
        ):
            pass
        refused = other_process()
        assert writer.append(new("credit/1", "credit_note"))
    assert "LedgerBusyError: another run is issuing" in refused.stderr
    assert other_process().returncode == 0
    assert ledger.verify() == []


def test_readers_see_whole_ledgers_while_someone_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever step the writer is at, and however far it gets between two looks of a reader."""
    ledger = Ledger(tmp_path)
    head_of = ledgers.head_of
    written = count(1)

    def look() -> None:
        assert ledger.verify() == []
        entries = ledger.entries()
        assert ledger.version() == (entries[-1].hash if entries else NOTHING)

    with ledger.writing() as writer:

        def head_of_what_goes_on(root: Path) -> Any:
            if (n := next(written)) < 5:
                writer.append(new(f"invoice/acme/{n}"))
            return head_of(root)

        with monkeypatch.context() as patched:
            for reader in (ledgers, inspection):
                patched.setattr(reader, "head_of", head_of_what_goes_on)
            assert len(ledger.entries()) == 1
            assert ledger.verify() == []
        with monkeypatch.context() as patched:
            for name in ("link", "unlink", "replace"):
                patched.setattr(os, name, before(getattr(os, name), look))
            writer.append(new("invoice/acme/5"))
        look()
    assert len(ledger.entries()) == 5
