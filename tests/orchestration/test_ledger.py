"""The ledger: numbers without gaps, no half entry after a kill, and nothing changes unseen (I2, I4)."""

import builtins
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import partial
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


@pytest.fixture(autouse=True, scope="module")
def _disk_is_not_waited_for() -> Iterator[None]:
    """fsync guards against a loss of power, which no test has, and takes most of the time."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda opened: None)
        yield


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Several entries, not to be changed."""
    return issue(tmp_path_factory.mktemp("pristine"), SEVERAL)


@pytest.fixture
def ledger(pristine: Ledger, tmp_path: Path) -> Ledger:
    """Several entries of which a test may do what it likes."""
    shutil.copytree(pristine.root, tmp_path / "ledger")
    return Ledger(tmp_path)


# Issuing


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


def before(call: Callable[..., Any], what: Callable[[], None]) -> Callable[..., Any]:
    """A call, and something else first."""

    def both(*given: Any, **named: Any) -> Any:
        what()
        return call(*given, **named)

    return both


# Kills and failures

THREE = SEVERAL[:3]
STEPS: list[tuple[Any, str]] = [
    (os, "mkdir"), (os, "open"), (os, "fsync"), (os, "link"), (os, "unlink"), (os, "replace"),
    (builtins, "open"), (fcntl, "flock"),
]  # fmt: skip


def die_at(moment: int) -> None:
    """Kills this process at one of the moments before and after each of its steps on the disk."""
    moments = count()

    def pass_by() -> None:
        if next(moments) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any, **named: Any) -> Any:
            pass_by()
            result = call(*given, **named)
            pass_by()
            return result

        return step

    os.fsync = lambda fd: None
    for module, name in STEPS:
        setattr(module, name, counted(getattr(module, name)))


def hear_in(home: Path) -> Callable[[Entry], object]:
    """Notes which entries the run was told of."""
    return lambda entry: os.write(os.open(home / "heard", os.O_CREAT | os.O_APPEND | os.O_WRONLY), b"+")


def killed_run(home: Path, moment: int) -> bool:
    """A run in a process of its own; whether the moment at which it should die came."""
    child = os.fork()
    if not child:
        try:
            die_at(moment)
            issue(home, THREE, hear_in(home))
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended in (0, -signal.SIGKILL), ended
    return ended != 0


def kill_at_every_moment(folder: Path) -> None:
    """Homes whose first run died at each moment there is, and others whose second one did, too."""
    for moment in count():
        once, twice = folder / f"{moment:03}-once", folder / f"{moment:03}-twice"
        for home in (once, twice, twice):
            home.mkdir(parents=True, exist_ok=True)
            died = killed_run(home, moment)
            if home == once and not died:
                return


def test_a_kill_at_any_instant_leaves_no_entry_or_a_whole_one(tmp_path: Path) -> None:
    whole = issue(tmp_path / "whole", THREE)
    # Forked from a process that has no threads, as this one may have some of Polars or Dagster.
    driver = [sys.executable, "-m", __name__, str(tmp_path / "killed")]
    subprocess.run(driver, cwd=Path(__file__).parents[2], check=True)
    homes = sorted((tmp_path / "killed").iterdir())
    lengths = set()
    for home in homes:
        ledger = Ledger(home)
        entries = ledger.entries()
        assert ledger.verify() == []
        assert entries == whole.entries()[: len(entries)]
        assert ledger.version() == (entries[-1].hash if entries else NOTHING)
        heard = (home / "heard").stat().st_size if (home / "heard").exists() else 0
        assert heard <= len(entries) <= heard + 1 or home.name.endswith("twice")
        lengths.add(len(entries))
        issue(home, THREE)
        assert files(ledger) == files(whole)
        assert ledger.verify() == []
    assert lengths == {0, 1, 2, 3}
    assert len(homes) > 100


def test_each_step_is_on_disk_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    with Ledger(tmp_path).writing() as writer, monkeypatch.context() as patched:
        for name in ("fsync", "link", "replace"):
            patched.setattr(os, name, before(getattr(os, name), partial(steps.append, name)))
        writer.append(SEVERAL[0])
    head, entry = ["fsync", "replace", "fsync"], ["fsync", "link", "fsync"]
    assert steps == [*head, *entry, *head]


@pytest.mark.parametrize("step", ["link", "unlink", "replace"])
@pytest.mark.parametrize("nth", [0, 1])
def test_after_a_failure_only_a_new_opening_goes_on(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, step: str, nth: int
) -> None:
    """A second append would announce another entry where the first one may already lie."""
    times = count()

    def full() -> None:
        if next(times) == nth:
            raise OSError("No space left on device")

    with ledger.writing() as writer:
        with monkeypatch.context() as patched:
            patched.setattr(os, step, before(getattr(os, step), full))
            failed = [new(f"credit/{n}", "credit_note") for n in range(2)]
            with pytest.raises(OSError, match="No space left"):
                list(map(writer.append, failed))
        with pytest.raises(LedgerError, match="open the ledger again"):
            writer.append(new("void/2", "void"))
    assert ledger.verify() == []
    issue(ledger.root.parent, [*failed, new("void/2", "void")])
    assert ledger.verify() == []
    assert [entry.key for entry in ledger.entries()[-3:]] == ["credit/0", "credit/1", "void/2"]
    assert len(files(ledger)) == len(SEVERAL) + 3 + 2


def test_a_writer_is_of_no_use_outside_of_its_block(ledger: Ledger) -> None:
    with ledger.writing() as writer:
        pass
    with pytest.raises(LedgerError, match="open the ledger again"):
        writer.append(new("credit/1", "credit_note"))


def test_half_written_files_are_ignored_and_cleared_away(ledger: Ledger) -> None:
    good = files(ledger)
    (ledger.root / ".00000007.json.tmp").write_bytes(b'{"body":{"to')
    (ledger.root / ".HEAD.json.tmp").write_bytes(b"")
    assert ledger.verify() == []
    assert len(ledger.entries()) == len(SEVERAL)
    issue(ledger.root.parent, [])
    assert files(ledger) == good


# What verify finds


@given(st.data())
def test_any_changed_byte_is_found(pristine: Ledger, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in files(pristine) if name != ".lock"]))
    path = pristine.root / name
    good = path.read_bytes()
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytes([good[at] ^ data.draw(st.integers(1, 255))])
    how = data.draw(st.sampled_from(["changed", "inserted", "removed"]))
    after = {"changed": bad + good[at + 1 :], "inserted": bad + good[at:], "removed": good[at + 1 :]}[how]
    try:
        path.write_bytes(good[:at] + after)
        assert pristine.verify()
    finally:
        path.write_bytes(good)
    assert pristine.verify() == []


@pytest.mark.parametrize("raw", [b"", b"[]", b"null\n", b"\xff", b"[" * 100_000, b'{"body":1.5}\n', b"{}\n"])
@pytest.mark.parametrize("name", ["00000002.json", "HEAD.json"])
def test_a_file_of_something_else_is_found(ledger: Ledger, name: str, raw: bytes) -> None:
    (ledger.root / name).write_bytes(raw)
    assert_found(ledger, name)
    with pytest.raises(LedgerError):
        ledger.entries()


@pytest.mark.parametrize(
    "change",
    [{"key": ["a"]}, {"number": 7}, {"sequence": "6"}, {"body": []}, {"issue_date": "2.1.2027"}, {"more": 1}],
)
def test_an_entry_of_another_shape_is_found(ledger: Ledger, change: dict[str, Any]) -> None:
    forge(ledger, 6, **change)
    assert_found(ledger, "00000006.json is not an entry")


@pytest.mark.parametrize("written", [rb'"\ud800"', b'"Zo\\u00eb"', b' "Zoe"', b"[" * 300 + b"]" * 300])
def test_an_entry_written_in_another_way_is_found(ledger: Ledger, written: bytes) -> None:
    path = ledger.root / "00000006.json"
    path.write_bytes(path.read_bytes().replace(b'"to":', b'"to":' + written + b',"was":'))
    assert_found(ledger, "00000006.json")


@pytest.mark.parametrize("sequence", range(1, len(SEVERAL) + 1))
def test_a_removed_entry_is_found(ledger: Ledger, sequence: int) -> None:
    (ledger.root / f"{sequence:08}.json").unlink()
    assert_found(ledger, f"{sequence:08}.json is missing")
    with pytest.raises(LedgerError, match="an entry is missing"):
        ledger.entries()


def test_several_removed_entries_are_one_finding(ledger: Ledger) -> None:
    for sequence in (4, 5, 6):
        (ledger.root / f"{sequence:08}.json").unlink()
    assert ledger.verify() == ["00000004.json to 00000006.json are missing: they were removed"]


def test_a_removed_head_is_found(ledger: Ledger) -> None:
    (ledger.root / "HEAD.json").unlink()
    assert_found(ledger, "HEAD.json cannot be read")
    for read in (ledger.entries, ledger.version):
        with pytest.raises(LedgerError, match=r"HEAD\.json"):
            read()


@pytest.mark.parametrize(
    ("was", "becomes", "why"),
    [
        (b'"sequence":1', b'"sequence": 1', "not in canonical form"),
        (b'"sequence":1', b'"sequence":true', "not in canonical form"),
        (b'"sequence":1', b'"seller":"a","sequence":1', "not in canonical form"),
        (b'"sequence":1', b'"sequence":"1"', "does not name an entry"),
        (b"null", b'{"hash":"","sequence":3}', "announces another entry than the next"),
        (b"null", b"{}", "does not name an entry"),
    ],
)
def test_a_head_that_is_not_as_it_was_written_is_found(
    tmp_path: Path, was: bytes, becomes: bytes, why: str
) -> None:
    ledger = issue(tmp_path, SEVERAL[:1])
    head = ledger.root / "HEAD.json"
    head.write_bytes(head.read_bytes().replace(was, becomes))
    assert_found(ledger, "HEAD.json", why)


def test_swapped_entries_are_found(ledger: Ledger) -> None:
    second, third, aside = (ledger.root / name for name in ("00000002.json", "00000003.json", "aside"))
    second.rename(aside)
    third.rename(second)
    aside.rename(third)
    assert_found(ledger, "00000002.json", "holds entry 3")
    with pytest.raises(LedgerError, match="not in its place"):
        ledger.entries()


def test_a_changed_number_breaks_the_chain_although_the_hash_is_right(ledger: Ledger) -> None:
    forge(ledger, 1, number="INV-acme-2026-000007")
    assert_found(
        ledger, "00000001.json has the number INV-acme-2026-000007, where INV-acme-2026-000001 comes"
    )
    assert_found(ledger, "00000002.json breaks the chain")
    with pytest.raises(LedgerError, match="not in its place"):
        ledger.entries()


def test_a_chain_that_was_forged_to_its_end_is_found(ledger: Ledger) -> None:
    hash_ = None
    for sequence in range(2, len(SEVERAL) + 1):
        hash_ = forge(ledger, sequence, hash_, inputs={"usage": "forged"})
    assert ledger.verify() == ["00000006.json has another hash than HEAD.json has for it"]


def test_an_entry_that_nobody_announced_is_found(ledger: Ledger) -> None:
    shutil.copyfile(ledger.root / "00000006.json", ledger.root / "00000007.json")
    forge(ledger, 7, ledger.version(), sequence=7, key="invoice/acme/4", number="INV-acme-2027-000002")
    assert ledger.verify() == ["00000007.json is not known to HEAD.json: it was put there by someone else"]


def test_a_key_that_stands_twice_is_found(ledger: Ledger) -> None:
    forge(ledger, 6, key="invoice/acme/1")
    assert_found(ledger, "00000006.json has the key 'invoice/acme/1', as has 00000001.json")


def test_a_date_that_goes_back_is_found(ledger: Ledger) -> None:
    forge(ledger, 3, issue_date="2026-03-30")
    assert_found(ledger, "00000003.json is out of order", "2026-03-30", "2026-03-31")


@pytest.mark.parametrize(
    "change", [{"total": "8.94"}, {"lines": [{"amount": "7.49"}]}, {"lines": "7.50"}, {"subtotal": "7,50"}]
)
def test_sums_that_do_not_add_up_are_found(ledger: Ledger, change: dict[str, Any]) -> None:
    forge(ledger, 6, body={**BODY, **change})
    assert_found(ledger, "00000006.json", "(I4)")


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "00000007.json~", "7.json", "00000000.json", ".DS_Store", ".note.tmp", "99999999.json"],
)
def test_a_foreign_file_is_found(ledger: Ledger, name: str) -> None:
    (ledger.root / name).touch()
    assert_found(ledger, name)


def test_a_foreign_folder_is_found(ledger: Ledger) -> None:
    (ledger.root / "00000007.json").mkdir()
    findings = ledger.verify()
    assert any("00000007.json cannot be read" in finding for finding in findings)


if __name__ == "__main__":
    kill_at_every_moment(Path(sys.argv[1]))
