"""The whole ledger read again: what comes next in it, and all that is wrong with what stands there."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date
from itertools import pairwise
from pathlib import Path

from orchestration.ledger.entries import (
    ENTRY,
    PREFIXES,
    Entry,
    LedgerError,
    NewEntry,
    bytes_of,
    digest,
    entry_files,
    entry_of,
    is_canonical,
    name_of,
)
from orchestration.ledger.fitness import wrong_sums
from orchestration.ledger.head import HEAD, NOTHING, Head, Mark, head_of

LEFTOVER = re.compile(r"\.(HEAD|[0-9]{8})\.json\.tmp")
OURS = re.compile(rf"\.lock|{HEAD}|{ENTRY.pattern}|{LEFTOVER.pattern}")


class Book:
    """What an entry depends on: the one before it, the keys, and the last date and number of its series."""

    def __init__(self) -> None:
        self.last = Mark()
        self.sequences: dict[str, int] = {}
        self._series: dict[tuple[str, str], tuple[date, int]] = {}

    def next_entry(self, new: NewEntry) -> Entry:
        """The entry that `new` becomes here."""
        sequence, previous = self.last.sequence + 1, self.last.hash
        fields = {**vars(new), "recorded_at": new.recorded_at.astimezone(UTC)}
        entry = Entry(
            **fields, sequence=sequence, number=self.number_of(new), previous_hash=previous, hash=""
        )
        return replace(entry, hash=digest(entry))

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
        self.last = Mark(sequence, entry.hash)
        self.sequences.setdefault(entry.key, sequence)
        if entry.number is not None:
            running = re.search(r"[0-9]{6,9}\Z", entry.number)
            self._series[entry.seller_id, entry.kind] = entry.issue_date, int(running[0]) if running else 0


def inspect(root: Path) -> tuple[Book, list[str]]:
    """The book over all entries, and what is wrong with them."""
    if not root.exists():
        return Book(), []
    names = sorted(path.name for path in root.iterdir())
    findings = [f"{name} does not belong into the ledger" for name in names if not OURS.fullmatch(name)]
    book, hashes = Book(), dict[int, str | None]({0: NOTHING})
    for path in entry_files(root):
        sequence = int(path.stem)
        hashes[sequence] = None  # while it cannot be read
        try:
            raw = bytes_of(path)
            entry = entry_of(path.name, raw)
        except LedgerError as error:
            findings.append(str(error))
            continue
        findings += [f"{path.name} {flaw}" for flaw in _flaws(sequence, entry, raw, book)]
        book.add(entry, sequence)
        hashes[sequence] = entry.hash
    try:
        head = head_of(root)
    except LedgerError as error:
        return book, [*findings, str(error)]
    return book, [*findings, *_gaps(hashes, head.last.sequence), *_strays(hashes, head)]


def _flaws(sequence: int, entry: Entry, raw: bytes, book: Book) -> Iterator[str]:
    """What is wrong with an entry, and with its place behind the ones before it."""
    if not is_canonical(entry, raw):
        yield "is not in canonical form: it was written by someone else"
    elif digest(entry) != entry.hash:
        yield "does not have the hash that it states: it was changed"
    if entry.sequence != sequence:
        yield f"holds entry {entry.sequence}: it was moved"
    if book.last.sequence == sequence - 1 and entry.previous_hash != book.last.hash:
        yield "breaks the chain: it was made to follow another entry than the one before it"
    if entry.key in book.sequences:
        yield f"has the key {entry.key!r}, as has {name_of(book.sequences[entry.key])} (I2)"
    try:
        number = book.number_of(entry)
        if number != entry.number:
            yield f"has the number {entry.number}, where {number} comes next (I2)"
    except LedgerError as error:
        yield f"is out of order: {error}"
    yield from wrong_sums(entry.body)


def _gaps(sequences: Iterable[int], settled: int) -> Iterator[str]:
    """The entries that are absent, up to the last one there or settled."""
    bounds = sorted({*sequences, max(*sequences, settled) + 1})
    for before, after in pairwise(bounds):
        first, last = before + 1, after - 1
        if first == last:
            yield f"{name_of(first)} is missing: it was removed"
        elif first < last:
            yield f"{name_of(first)} to {name_of(last)} are missing: they were removed"


def _strays(hashes: dict[int, str | None], head: Head) -> Iterator[str]:
    """Where HEAD.json and the entries do not know each other."""
    known = dict(mark for mark in (head.last, head.announced) if mark)
    for sequence, hash_ in known.items():
        if hashes.get(sequence) not in (None, hash_):
            yield f"{name_of(sequence)} has another hash than {HEAD} has for it"
    if head.announced and head.announced.sequence != head.last.sequence + 1:
        yield f"{HEAD} announces another entry than the next: it was changed"
    for sequence in sorted(hashes):
        if sequence > max(known):
            yield f"{name_of(sequence)} is not known to {HEAD}: it was put there by someone else"
