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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.ledger.entries import (
    PREFIXES,
    Entry,
    Kind,
    LedgerBusyError,
    LedgerError,
    NewEntry,
    bytes_of,
    content_of,
    entry_files,
    entry_of,
    name_of,
)
from orchestration.ledger.fitness import refuse_unfit
from orchestration.ledger.head import NOTHING, Head, Mark, head_of, publish, raw_head, sync_folder, write_head
from orchestration.ledger.inspection import LEFTOVER, Book, inspect

__all__ = [
    "NOTHING",
    "PREFIXES",
    "Entry",
    "Kind",
    "Ledger",
    "LedgerBusyError",
    "LedgerError",
    "LedgerWriter",
    "NewEntry",
]


class Ledger:
    """The entries below `<home>/ledger`. Reading needs no lock, also while another process writes."""

    def __init__(self, home: Path):
        self.root = home / "ledger"

    def entries(self) -> list[Entry]:
        """All entries in order; raises `LedgerError` where one is absent or out of place.

        It does not compute hashes: that is what `verify` does.
        """
        issued = head_of(self.root).last.sequence  # before the files: a writer may add some meanwhile
        entries = [entry_of(path.name, bytes_of(path)) for path in entry_files(self.root)]
        hashes = [NOTHING, *(entry.hash for entry in entries)]
        in_order = all(
            (entry.sequence, entry.previous_hash) == (n, hashes[n - 1]) for n, entry in enumerate(entries, 1)
        )
        if len(entries) < issued or not in_order:
            raise LedgerError(f"{self.root} is damaged: an entry is missing or not in its place")
        return entries

    def version(self) -> str:
        """The hash of the last entry, zeros before the first: the same version, the same ledger."""
        head = head_of(self.root)
        if head.announced and (self.root / name_of(head.announced.sequence)).exists():
            return head.announced.hash
        return head.last.hash

    @contextmanager
    def writing(self) -> Iterator[LedgerWriter]:
        """A writer, the only one over all processes; settles what a killed run has left.

        Raises `LedgerBusyError` at once while another one writes, and `LedgerError` where `verify` finds
        anything: nothing is issued on top of a damaged ledger.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        sync_folder(self.root.parent)
        with open(self.root / ".lock", "w") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LedgerBusyError("another run is issuing; run again when it has ended") from None
            for path in self.root.iterdir():
                if LEFTOVER.fullmatch(path.name):
                    path.unlink()
            sync_folder(self.root)  # the name of an entry that a killed run has linked, before it is settled
            book, findings = inspect(self.root)
            if findings:
                more = f" (and {len(findings) - 1} more)" if findings[1:] else ""
                raise LedgerError(f"{self.root} is damaged, nothing was issued: {findings[0]}{more}")
            if head_of(self.root) != (settled := Head(book.last)):
                write_head(self.root, settled)
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
            head = raw_head(self.root)
            _, findings = inspect(self.root)
            if not findings or raw_head(self.root) == head:
                return findings


class LedgerWriter:
    """Appends entries; what `Ledger.writing()` gives, and of no use afterwards."""

    def __init__(self, root: Path, book: Book):
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
        refuse_unfit(new)
        entry = self._book.next_entry(new)
        content = content_of(entry)
        self._is_open = False  # a failure half-way is for the next opening to settle
        publish(self._root, content, self._book.last, Mark(entry.sequence, entry.hash))
        self._is_open = True
        self._book.add(entry, entry.sequence)
        return entry_of(name_of(entry.sequence), content)  # as it will be read, and nothing of the caller's

    def close(self) -> None:
        """Takes nothing any more."""
        self._is_open = False
