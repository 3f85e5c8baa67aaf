"""Documents: every issued one as HTML, CSV and PDF, made once of its ledger entry (I2), and the drafts.

The pages stand alone and are the same for both roles.
"""

import logging
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import polars as pl

from orchestration.billing.documents import Draft, Drafts
from orchestration.console.files import File, OnceFile, Share
from orchestration.console.keeping import is_made_of
from orchestration.console.making import Making, Task
from orchestration.console.tree import size_of, write
from orchestration.lake import Lake
from orchestration.settings.loading import load_settings_of
from reports import exports, names, pdf, render
from reports.models import Account, Role
from reports.models.documents import draft_document

FOLDER = "documents"
SUFFIXES = ("html", "csv", "pdf")
FIRST = next(iter(Role))
"""The role whose tree has the files first."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Entry:
    """An issued document, and the file of the ledger that has it."""

    number: str
    hash: str
    path: Path

    @property
    def base(self) -> str:
        """Its files in a role's tree, without a suffix."""
        return f"{FOLDER}/{names.document_name(self.number)}"


class Documents:
    """The documents of all accounts; what is missing of the issued ones is under way once it is made."""

    def __init__(self, home: Path, warehouse: duckdb.DuckDBPyConnection, share: Share | None = None):
        share = share or Share.whole(warehouse)
        self._root = home / "reports"
        self._issued = _issued(home)
        self._drafts: defaultdict[str, list[Draft]] = defaultdict(list)
        ids = [account.account_id for account in share.accounts]
        for draft in Drafts(warehouse, account_ids=ids).drafts():
            self._drafts[draft.account_id].append(draft)
        self._wants_pdfs = load_settings_of(home).pdf
        accounts = [account for account in share.accounts if account.account_id in self._issued]
        tasks = {account.account_id: self._tasks(account) for account in accounts}
        self._making = Making(
            {account_id: found for account_id, found in tasks.items() if found}, share.processors
        )

    def files(self, account: Account, role: Role) -> Iterator[File | OnceFile]:
        """Each document's files; issued ones are made for the first role, and the others have the same."""
        for problem in self._making.wait(account.account_id):
            if role is FIRST:
                _log.warning(problem)
        for entry in self._issued[account.account_id]:
            yield from self._files_of(entry, account, role)
        for draft in self._drafts[account.account_id]:
            assert account.watermark  # or there were no drafts
            document = draft_document(draft.body, draft.kind, account.watermark)
            lines = f"../lines/{document.file_name}.html"
            page = render.issued_page(document, lines, f"../{account.documents_file}")
            yield File(f"{FOLDER}/{document.file_name}.html", page)
            yield File(f"{FOLDER}/{document.file_name}.csv", exports.document_csv(document))

    def _files_of(self, entry: _Entry, account: Account, role: Role) -> Iterator[File | OnceFile]:
        tree = f"{self._root}/{account.folder}"
        is_current = is_made_of(f"{tree}/{role}/{entry.base}.html", entry.hash, _way_up(account))
        for suffix in SUFFIXES:
            made = f"{tree}/{FIRST}/{entry.base}.{suffix}"
            if size_of(made) is None:
                continue
            if is_current:
                yield OnceFile(f"{entry.base}.{suffix}", Path(made).read_bytes)
            else:
                yield File(f"{entry.base}.{suffix}", Path(made).read_bytes())

    def _tasks(self, account: Account) -> list[Task]:
        """What the first role's tree lacks."""
        tasks = []
        for entry in self._issued[account.account_id]:
            base = f"{self._root}/{account.folder}/{FIRST}/{entry.base}"
            is_current = is_made_of(f"{base}.html", entry.hash)
            leads_back = is_made_of(f"{base}.html", entry.hash, _way_up(account))
            lacking = [] if leads_back and size_of(f"{base}.csv") is not None else ["html", "csv"]
            if self._lacks_pdf(entry, account, base, is_current=is_current):
                lacking.append("pdf")
            if lacking:
                tasks.append(Task(str(entry.path), entry.hash, base, tuple(lacking), account.documents_file))
        return tasks

    def _lacks_pdf(self, entry: _Entry, account: Account, base: str, *, is_current: bool) -> bool:
        """Whether a PDF is to be made: none that the account has elsewhere can be copied."""
        place = f"{base}.pdf"
        if size_of(place) is not None:
            if is_current or size_of(f"{base}.html") is None:
                return False
            os.unlink(place)  # it belongs to another ledger
        for folder in self._folders[account.folder.rsplit("-", 1)[1]]:
            for role in Role:
                found = f"{folder}/{role}/{entry.base}"
                if size_of(f"{found}.pdf") is not None and is_made_of(f"{found}.html", entry.hash):
                    write(place, Path(f"{found}.pdf").read_bytes())
                    return False
        return self._makes_pdfs

    @cached_property
    def _makes_pdfs(self) -> bool:
        """Whether the operator wants PDFs, and they can be made."""
        if not self._wants_pdfs:
            return False
        if pdf.missing():
            _log.warning(pdf.missing())
        return pdf.missing() is None

    @cached_property
    def _folders(self) -> defaultdict[str, list[Path]]:
        """The folders of the site by the hash of their account's id, which stays when its name changes."""
        folders: defaultdict[str, list[Path]] = defaultdict(list)
        for folder in self._root.glob("*"):
            if names.FOLDER.fullmatch(folder.name):
                folders[folder.name.rsplit("-", 1)[1]].append(folder)
        return folders


def _way_up(account: Account) -> str:
    """What a document's page has of the list that it leads back to; an account may become Enterprise."""
    return f'href="../{account.documents_file}"'


def _issued(home: Path) -> defaultdict[str, list[_Entry]]:
    """By account, in the order of the ledger, as the lake has it for the marts."""
    issued: defaultdict[str, list[_Entry]] = defaultdict(list)
    path = Lake(home).file("issued_documents", "all")
    if path.exists():
        columns = ["account_id", "number", "hash", "sequence"]
        for account_id, number, hash_, sequence in pl.read_parquet(path, columns=columns).rows():
            issued[account_id].append(_Entry(number, hash_, home / "ledger" / f"{sequence:08}.json"))
    return issued
