"""Documents: every issued one as HTML, CSV and PDF, made once of its ledger entry (I2), and the drafts.

The pages stand alone and are the same for both roles.
"""

import json
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
from orchestration.documents import Draft, Drafts
from orchestration.errors import RunError
from orchestration.lake import Lake
from reports import exports, names, pdf, render
from reports.locales import formats_of
from reports.models import Account, Role
from reports.models.documents import Document, draft_document, issued_document

FOLDER = "documents"
_REPORTS = "reports"
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
        """Read when its pages are made; refused where the marts know another entry."""
        entry = json.loads(self.path.read_bytes())
        if entry["hash"] != self.hash:
            raise RunError(f"{self.path} is not the entry of {self.number} that the marts know")
        return issued_document(entry)

    @cached_property
    def page(self) -> bytes:
        return _page(self.document).encode()

    @cached_property
    def table(self) -> bytes:
        return exports.document_csv(self.document).encode()

    def pdf(self) -> bytes:
        """Without the console's links: what is sent and kept."""
        territory = formats_of(self.document.locale).locale.territory
        return pdf.pdf(render.issued_page(self.document), pdf.paper_of(territory))


class Documents:
    """The documents of all accounts."""

    def __init__(self, home: Path, warehouse: duckdb.DuckDBPyConnection):
        self._root = home / _REPORTS
        self._issued = _issued(home)
        self._drafts: defaultdict[str, list[Draft]] = defaultdict(list)
        for draft in Drafts(warehouse).drafts():
            self._drafts[draft.account_id].append(draft)
        self._makes_pdfs = pdf.missing() is None
        if self._issued and not self._makes_pdfs:
            _log.warning(pdf.missing())
        self._at: tuple[str, list[_Entry]] = ("", [])

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
        if is_made_of(place, entry.hash):
            yield OnceFile(f"{base}.html", lambda: entry.page)
            yield OnceFile(f"{base}.csv", lambda: entry.table)
            if place.with_suffix(".pdf").is_file():
                yield OnceFile(f"{base}.pdf", entry.pdf)
                return
        else:
            yield File(f"{base}.html", entry.page)
            yield File(f"{base}.csv", entry.table)
        made = self._pdf(entry, account)
        if made:
            yield File(f"{base}.pdf", made)

    def _pdf(self, entry: _Entry, account: Account) -> bytes | None:
        """The other role's, or that of the account under an earlier name; else it is made, once."""
        folders = self._root.glob(f"*-{account.folder.rsplit('-', 1)[1]}/*/{FOLDER}")
        for page in (folder / f"{entry.name}.html" for folder in folders):
            found = page.with_suffix(".pdf")
            if found.is_file() and is_made_of(page, entry.hash):
                return found.read_bytes()
        if not self._makes_pdfs:
            return None
        try:
            return entry.pdf()
        except pdf.PdfError as error:
            _log.warning("no PDF of %s: %s", entry.number, error)
            return None


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
