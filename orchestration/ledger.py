"""The ledger: every document that was issued and every draw on a wallet, append-only (I2).

`<home>/ledger/00000001.json`, … holds one entry per file, in canonical JSON: UTF-8, keys sorted, nothing
between the tokens, a newline at the end, and never a float. Each names the hash of the one before it, so that
nothing changes unseen; a hash is that of the file without it:
`jq -cS 'del(.hash)' 00000001.json | sha256sum`.

A chain cannot tell that its last entry was removed; HEAD.json can. Entry n comes in three steps, each of them
whole or not there, and on disk before the next one:

1. HEAD.json becomes `{sequence: n-1, hash, next: {sequence: n, hash}}`: n is announced;
2. the file of n is linked into its place: n is issued;
3. HEAD.json becomes `{sequence: n, hash, next: null}`: n is settled, and only now does anyone hear of it.

A run killed after 1 has issued nothing, and the next one announces what it likes. A run killed after 2 has
issued a whole entry; the next opening for writing settles it. An entry that is settled but absent was
removed. What a killed run was writing has a name with a dot in front: no reader looks at it, the next writer
removes it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple, NoReturn, get_args

from orchestration.errors import RunError

Kind = Literal["invoice", "credit_note", "statement", "void", "wallet_draws"]
PREFIXES = {"invoice": "INV", "credit_note": "CRN", "statement": "STM", "void": "VOI"}
"""What the numbers of a kind begin with; wallet draws have none."""

NOTHING = "0" * 64
"""The hash before the first entry."""

_HEAD = "HEAD.json"
_ENTRY = re.compile(r"(?!0{8})[0-9]{8}\.json")
_LEFTOVER = re.compile(r"\.(HEAD|[0-9]{8})\.json\.tmp")
_OURS = re.compile(rf"\.lock|{_HEAD}|{_ENTRY.pattern}|{_LEFTOVER.pattern}")
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


class Ledger:
    """The entries below `<home>/ledger`. Reading needs no lock, also while another process writes."""

    def __init__(self, home: Path):
        self.root = home / "ledger"

    def entries(self) -> list[Entry]:
        """All entries in order; raises `LedgerError` where one is absent or out of place.

        It does not compute hashes: that is what `verify` does.
        """
        issued = _head_of(self.root).last.sequence  # before the files: a writer may add some meanwhile
        entries = [_entry_of(path.name, _bytes_of(path)) for path in _entry_files(self.root)]
        hashes = [NOTHING, *(entry.hash for entry in entries)]
        in_order = all(
            (entry.sequence, entry.previous_hash) == (n, hashes[n - 1]) for n, entry in enumerate(entries, 1)
        )
        if len(entries) < issued or not in_order:
            raise LedgerError(f"{self.root} is damaged: an entry is missing or not in its place")
        return entries

    def version(self) -> str:
        """The hash of the last entry, zeros before the first: the same version, the same ledger."""
        head = _head_of(self.root)
        if head.announced and (self.root / _name_of(head.announced.sequence)).exists():
            return head.announced.hash
        return head.last.hash

    @contextmanager
    def writing(self) -> Iterator[LedgerWriter]:
        """A writer, the only one over all processes; settles what a killed run has left.

        Raises `LedgerBusyError` at once while another one writes, and `LedgerError` where `verify` finds
        anything: nothing is issued on top of a damaged ledger.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        _sync_folder(self.root.parent)
        with open(self.root / ".lock", "w") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LedgerBusyError("another run is issuing; run again when it has ended") from None
            for path in self.root.iterdir():
                if _LEFTOVER.fullmatch(path.name):
                    path.unlink()
            _sync_folder(self.root)  # the name of an entry that a killed run has linked, before it is settled
            book, findings = _inspect(self.root)
            if findings:
                more = f" (and {len(findings) - 1} more)" if findings[1:] else ""
                raise LedgerError(f"{self.root} is damaged, nothing was issued: {findings[0]}{more}")
            if _head_of(self.root) != (settled := _Head(book.last)):
                _write_head(self.root, settled)
            writer = LedgerWriter(self.root, book)
            try:
                yield writer
            finally:
                writer.close()

    def verify(self) -> list[str]:
        """Reads every byte; gives a sentence for each thing that is wrong, naming the file; or none.

        Found are changed bytes, entries removed, swapped or added, a broken chain, gaps in the numbers, dates
        that go back, keys that stand twice, foreign files, and sums that do not add up (I2, I4).
        """
        while True:
            head = _raw_head(self.root)
            _, findings = _inspect(self.root)
            if not findings or _raw_head(self.root) == head:
                return findings
            # A writer went on between two looks: what seemed wrong may be its doing.


class LedgerWriter:
    """Appends entries; what `Ledger.writing()` gives, and of no use afterwards."""

    def __init__(self, root: Path, book: _Book):
        self._root, self._book, self._is_open = root, book, True

    def append(self, new: NewEntry) -> Entry | None:
        """The new entry with its number, once it is settled; None, and nothing written, where the key exists.

        Raises `LedgerError` where the entry has a float in it, does not add up (I4), or where its date lies
        before that of the last document of its seller and kind, as numbers increase with dates (I2).
        """
        if not self._is_open:
            raise LedgerError("this writer is closed, or one of its appends failed: open the ledger again")
        if new.key in self._book.sequences:
            return None
        _refuse_unfit(new)
        entry = self._book.next_entry(new)
        content = _content(entry)
        self._is_open = False  # a failure half-way is for the next opening to settle
        _publish(self._root, content, self._book.last, _Mark(entry.sequence, entry.hash))
        self._is_open = True
        self._book.add(entry, entry.sequence)
        return _entry_of(_name_of(entry.sequence), content)  # as it will be read, and nothing of the caller's

    def close(self) -> None:
        """Takes nothing any more."""
        self._is_open = False


class _Mark(NamedTuple):
    """An entry, as HEAD.json names it; by default what stands before the first one."""

    sequence: int = 0
    hash: str = NOTHING


@dataclass(frozen=True)
class _Head:
    """HEAD.json: the last settled entry, and the one that was announced behind it."""

    last: _Mark
    announced: _Mark | None = None

    def content(self) -> bytes:
        following = self.announced and self.announced._asdict()
        return _canonical({**self.last._asdict(), "next": following})


class _Book:
    """What an entry depends on: the one before it, the keys, and the last date and number of its series."""

    def __init__(self) -> None:
        self.last = _Mark()
        self.sequences: dict[str, int] = {}
        self._series: dict[tuple[str, str], tuple[date, int]] = {}

    def next_entry(self, new: NewEntry) -> Entry:
        """The entry that `new` becomes here."""
        sequence, previous = self.last.sequence + 1, self.last.hash
        fields = {**vars(new), "recorded_at": new.recorded_at.astimezone(UTC)}
        entry = Entry(
            **fields, sequence=sequence, number=self.number_of(new), previous_hash=previous, hash=""
        )
        return replace(entry, hash=_digest(entry))

    def number_of(self, new: NewEntry | Entry) -> str | None:
        """The number that comes next for the seller, kind and year; raises where the date goes back."""
        if new.kind not in PREFIXES:
            return None
        day, running = self._series.get((new.seller_id, new.kind), (date.min, 0))
        if new.issue_date < day:
            raise LedgerError(
                f"the issue date {new.issue_date} of {new.key} lies before {day}, that of the last "
                f"{new.kind} of {new.seller_id}: numbers increase with dates (I2)"
            )
        running = running + 1 if new.issue_date.year == day.year else 1
        return f"{PREFIXES[new.kind]}-{new.seller_id}-{new.issue_date.year:04}-{running:06}"

    def add(self, entry: Entry, sequence: int) -> None:
        """Goes on behind an entry; `sequence` is where it lies, whatever it says."""
        self.last = _Mark(sequence, entry.hash)
        self.sequences.setdefault(entry.key, sequence)
        if entry.number is not None:
            running = re.search(r"[0-9]{6,9}\Z", entry.number)
            self._series[entry.seller_id, entry.kind] = entry.issue_date, int(running[0]) if running else 0


def _publish(root: Path, content: bytes, last: _Mark, mark: _Mark) -> None:
    """The three steps by which an entry comes."""
    place = root / _name_of(mark.sequence)
    _write_head(root, _Head(last, mark))
    beside = _written_beside(place, content)
    os.link(beside, place)  # unlike a rename it never replaces anything
    beside.unlink()
    _sync_folder(root)
    _write_head(root, _Head(mark))


def _write_head(root: Path, head: _Head) -> None:
    place = root / _HEAD
    os.replace(_written_beside(place, head.content()), place)
    _sync_folder(root)


def _written_beside(place: Path, content: bytes) -> Path:
    """A hidden file with the content, safe on disk."""
    beside = place.with_name(f".{place.name}.tmp")
    with open(beside, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return beside


def _sync_folder(folder: Path) -> None:
    """Makes names last, as fsync of a file does for its bytes."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _inspect(root: Path) -> tuple[_Book, list[str]]:
    """The book over all entries, and what is wrong with them."""
    if not root.exists():
        return _Book(), []
    names = sorted(path.name for path in root.iterdir())
    findings = [f"{name} does not belong into the ledger" for name in names if not _OURS.fullmatch(name)]
    book, hashes = _Book(), dict[int, str | None]({0: NOTHING})
    for path in _entry_files(root):
        sequence = int(path.stem)
        hashes[sequence] = None  # while it cannot be read
        try:
            raw = _bytes_of(path)
            entry = _entry_of(path.name, raw)
        except LedgerError as error:
            findings.append(str(error))
            continue
        findings += [f"{path.name} {flaw}" for flaw in _flaws(sequence, entry, raw, book)]
        book.add(entry, sequence)
        hashes[sequence] = entry.hash
    try:
        head = _head_of(root)
    except LedgerError as error:
        return book, [*findings, str(error)]
    return book, [*findings, *_gaps(hashes, head.last.sequence), *_strays(hashes, head)]


def _flaws(sequence: int, entry: Entry, raw: bytes, book: _Book) -> Iterator[str]:
    """What is wrong with an entry, and with its place behind the ones before it."""
    if not _is_canonical(entry, raw):
        yield "is not in canonical form: it was written by someone else"
    elif _digest(entry) != entry.hash:
        yield "does not have the hash that it states: it was changed"
    if entry.sequence != sequence:
        yield f"holds entry {entry.sequence}: it was moved"
    if book.last.sequence == sequence - 1 and entry.previous_hash != book.last.hash:
        yield "breaks the chain: it was made to follow another entry than the one before it"
    if entry.key in book.sequences:
        yield f"has the key {entry.key!r}, as has {_name_of(book.sequences[entry.key])} (I2)"
    try:
        number = book.number_of(entry)
        if number != entry.number:
            yield f"has the number {entry.number}, where {number} comes next (I2)"
    except LedgerError as error:
        yield f"is out of order: {error}"
    yield from _wrong_sums(entry.body)


def _gaps(sequences: Iterable[int], settled: int) -> Iterator[str]:
    """The entries that are absent, up to the last one there or settled."""
    bounds = sorted({*sequences, max(*sequences, settled) + 1})
    for before, after in pairwise(bounds):
        first, last = before + 1, after - 1
        if first == last:
            yield f"{_name_of(first)} is missing: it was removed"
        elif first < last:
            yield f"{_name_of(first)} to {_name_of(last)} are missing: they were removed"


def _strays(hashes: dict[int, str | None], head: _Head) -> Iterator[str]:
    """Where HEAD.json and the entries do not know each other."""
    known = dict(mark for mark in (head.last, head.announced) if mark)
    for sequence, hash_ in known.items():
        if hashes.get(sequence) not in (None, hash_):
            yield f"{_name_of(sequence)} has another hash than {_HEAD} has for it"
    if head.announced and head.announced.sequence != head.last.sequence + 1:
        yield f"{_HEAD} announces another entry than the next: it was changed"
    for sequence in sorted(hashes):
        if sequence > max(known):
            yield f"{_name_of(sequence)} is not known to {_HEAD}: it was put there by someone else"


def _refuse_unfit(new: NewEntry) -> None:
    """Raises for what would be wrong for ever."""
    _refuse_inexact({"inputs": new.inputs, "body": new.body}, new.key)
    flaws = list(_wrong_sums(new.body))
    if new.kind not in get_args(Kind):
        flaws.append(f"is of no known kind: {new.kind!r}")
    if not re.fullmatch(r"[\w.-]+", new.seller_id):
        flaws.append(f"has a seller that cannot stand in a number: {new.seller_id!r}")
    if isinstance(new.issue_date, datetime):
        flaws.append("has an instant as its issue date, not a day")
    if new.recorded_at.tzinfo is None:
        flaws.append("was recorded at a time without a zone")
    if not new.key:
        flaws.append("has no key")
    if flaws:
        raise LedgerError(f"{new.key or new.kind} {'; '.join(flaws)}")


def _wrong_sums(body: dict[str, Any]) -> Iterator[str]:
    """The sums of a document that do not add up, where it has sums (I4)."""
    sums = ("subtotal", "tax", "total")
    if any(body.get(name) is None for name in sums):
        return
    try:
        subtotal, tax, total = (_amount(body[name]) for name in sums)
        lines = sum((_amount(line["amount"]) for line in body.get("lines") or []), Decimal())
    except (KeyError, TypeError, ValueError) as error:
        yield f"has an amount that is absent or no decimal number: {error} (I4)"
        return
    if subtotal + tax != total:
        yield f"does not add up: subtotal {subtotal} and tax {tax} are not the total {total} (I4)"
    if body.get("lines") is not None and lines != subtotal:
        yield f"does not add up: its lines are {lines}, its subtotal is {subtotal} (I4)"


def _amount(text: object) -> Decimal:
    if not isinstance(text, str) or not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        raise ValueError(repr(text))
    return Decimal(text)


def _name_of(sequence: int) -> str:
    return f"{sequence:08}.json"


def _entry_files(root: Path) -> list[Path]:
    """The files of the entries, in order."""
    return sorted(path for path in root.glob("*.json") if _ENTRY.fullmatch(path.name))


def _entry_of(name: str, raw: bytes) -> Entry:
    """The entry that a file holds, whatever its hash; a `LedgerError` where it is none."""
    found = _parsed(name, raw)
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


def _head_of(root: Path) -> _Head:
    """HEAD.json; before the first entry there is none, and nothing is settled."""
    path = root / _HEAD
    if not path.exists() and not _entry_files(root):
        return _Head(_Mark())
    raw = _bytes_of(path)  # also where it was absent just now: the first entry may be coming
    match found := _parsed(_HEAD, raw):
        case {"sequence": int(), "hash": str(), "next": None | {"sequence": int(), "hash": str()}}:
            following = found["next"]
            head = _Head(_mark_of(found), following and _mark_of(following))
        case _:
            raise LedgerError(f"{_HEAD} does not name an entry: it was changed")
    if head.content() != raw:
        raise LedgerError(f"{_HEAD} is not in canonical form: it was written by someone else")
    return head


def _mark_of(found: dict[str, Any]) -> _Mark:
    return _Mark(int(found["sequence"]), found["hash"])  # int: JSON's true is one too


def _raw_head(root: Path) -> bytes | None:
    try:
        return (root / _HEAD).read_bytes()
    except OSError:
        return None


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LedgerError(f"{path.name} cannot be read: {error.strerror}") from None


def _parsed(name: str, raw: bytes) -> Any:
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


def _content(entry: Entry) -> bytes:
    """The bytes of an entry's file."""
    return _canonical(_fields(entry))


def _is_canonical(entry: Entry, raw: bytes) -> bool:
    try:
        return _content(entry) == raw
    except LedgerError:
        return False


def _digest(entry: Entry) -> str:
    """The hash that an entry has to state."""
    unsigned = {name: value for name, value in _fields(entry).items() if name != "hash"}
    return sha256(_canonical(unsigned)).hexdigest()


def _canonical(value: dict[str, Any]) -> bytes:
    """The one way of writing a value; a `LedgerError` for what has none."""
    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return f"{text}\n".encode()
    except (ValueError, RecursionError) as error:
        raise LedgerError(f"{value.get('key')} cannot be written as JSON: {error}") from None


def _refuse_inexact(value: object, place: str) -> None:
    """Raises for whatever would not be read as it was written, a float above all; names its place."""
    match value:
        case None | bool() | int() | str():
            return
        case list() | tuple():
            for position, item in enumerate(value):
                _refuse_inexact(item, f"{place}[{position}]")
        case dict() if all(isinstance(name, str) for name in value):
            for name, item in value.items():
                _refuse_inexact(item, f"{place}.{name}")
        case float():
            raise LedgerError(f"{place} is the float {value}: write money and quantities as text")
        case _:
            raise LedgerError(f"{place} is a {type(value).__name__}, or has names that are no text")
