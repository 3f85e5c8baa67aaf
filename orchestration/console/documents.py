"""Documents: every issued one as HTML, CSV and PDF, made once of its ledger entry (I2), and the drafts.

The pages stand alone and are the same for both roles.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import polars as pl

from orchestration.console.files import File, OnceFile
from orchestration.console.keeping import is_made_of
from orchestration.console.pdfs import Task, make_all, read_document
from orchestration.console.reading import accounts_of
from orchestration.documents import Draft, Drafts
from orchestration.lake import Lake
from orchestration.settings import load_settings_of
from reports import exports, names, pdf, render
from reports.models import Account, Role
from reports.models.documents import Document, draft_document

FOLDER = "documents"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Entry:
    """An issued document, and the file of the ledger that has it."""

    number: str
    hash: str
    path: Path

    @property
    def name(self) -> str:
        return names.document_name(self.number)

    @cached_property
    def document(self) -> Document:
        """Read when its pages are made."""
        return read_document(self.path, self.hash)

    @cached_property
    def page(self) -> bytes:
        return _page(self.document).encode()

    @cached_property
    def table(self) -> bytes:
        return exports.document_csv(self.document).encode()


class Documents:
    """The documents of all accounts; the PDFs that are missing are made when it is."""

    def __init__(self, home: Path, warehouse: duckdb.DuckDBPyConnection):
        self._root = home / "reports"
        self._issued = _issued(home)
        self._drafts: defaultdict[str, list[Draft]] = defaultdict(list)
        for draft in Drafts(warehouse).drafts():
            self._drafts[draft.account_id].append(draft)
        self._at: tuple[str, list[_Entry]] = ("", [])
        if self._issued and load_settings_of(home).pdf:
            self._make_pdfs(accounts_of(warehouse))

    def files(self, account: Account, role: Role) -> Iterator[File | OnceFile]:
        """Each document's files; of what stands there already not even the text is made."""
        for entry in self._entries(account):
            yield from self._files_of(entry, account, role)
        for draft in self._drafts[account.account_id]:
            assert account.data_through  # or there were no drafts
            document = draft_document(draft.body, draft.kind, account.data_through)
            yield File(f"{FOLDER}/{document.file_name}.html", _page(document))
            yield File(f"{FOLDER}/{document.file_name}.csv", exports.document_csv(document))

    def _entries(self, account: Account) -> list[_Entry]:
        """Those of the account; the second role finds the texts of the first."""
        if self._at[0] != account.account_id:
            found = self._issued[account.account_id]
            self._at = (account.account_id, [_Entry(each.number, each.hash, each.path) for each in found])
        return self._at[1]

    def _files_of(self, entry: _Entry, account: Account, role: Role) -> Iterator[File | OnceFile]:
        base = f"{FOLDER}/{entry.name}"
        place = self._root / account.folder / role / f"{base}.html"
        is_current = is_made_of(place, entry.hash)
        if is_current:
            yield OnceFile(f"{base}.html", lambda: entry.page)
            yield OnceFile(f"{base}.csv", lambda: entry.table)
        else:
            yield File(f"{base}.html", entry.page)
            yield File(f"{base}.csv", entry.table)
        made = self._pdf(entry, account)
        if made and is_current:
            yield OnceFile(f"{base}.pdf", made.read_bytes)
        elif made:
            yield File(f"{base}.pdf", made.read_bytes())

    def _make_pdfs(self, accounts: list[Account]) -> None:
        """Makes those that no tree of their account has, for the first role; the others copy them."""
        tasks = []
        for account in accounts:
            place = self._root / account.folder / next(iter(Role)) / FOLDER
            for entry in self._issued[account.account_id]:
                if not self._pdf(entry, account):
                    tasks.append(Task(str(entry.path), entry.hash, str(place / f"{entry.name}.pdf")))
        if tasks and pdf.missing():
            _log.warning(pdf.missing())
        elif tasks:
            for problem in make_all(tasks):
                _log.warning(problem)

    def _pdf(self, entry: _Entry, account: Account) -> Path | None:
        """The PDF in a tree of the account, also of one that has an earlier name."""
        own = self._root / account.folder
        for folder in (own, *self._earlier[account.folder.rsplit("-", 1)[1]]):
            for role in Role:
                found = folder / role / FOLDER / f"{entry.name}.pdf"
                page = found.with_suffix(".html")
                if found.is_file() and (is_made_of(page, entry.hash) or not page.exists()):
                    return found
        return None

    @cached_property
    def _earlier(self) -> defaultdict[str, list[Path]]:
        """The folders of the site by the hash of their account's id, which stays when its name changes."""
        folders: defaultdict[str, list[Path]] = defaultdict(list)
        for folder in self._root.glob("*"):
            if names.FOLDER.fullmatch(folder.name):
                folders[folder.name.rsplit("-", 1)[1]].append(folder)
        return folders


def _issued(home: Path) -> defaultdict[str, list[_Entry]]:
    """By account, in the order of the ledger, as the lake has it for the marts."""
    issued: defaultdict[str, list[_Entry]] = defaultdict(list)
    path = Lake(home).file("issued_documents", "all")
    if path.exists():
        columns = ["account_id", "number", "hash", "sequence"]
        for account_id, number, hash_, sequence in pl.read_parquet(path, columns=columns).rows():
            issued[account_id].append(_Entry(number, hash_, home / "ledger" / f"{sequence:08}.json"))
    return issued


def _page(document: Document) -> str:
    return render.issued_page(document, f"../lines/{document.file_name}.html")
