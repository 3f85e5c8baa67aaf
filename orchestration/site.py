"""The reports folder: marts in, pages out. A page is written only where its bytes changed."""

import os
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.site_marts import Marts
from reports import models, names, render

WAREHOUSE = "warehouse.duckdb"
REPORTS = "reports"

_MONTH_FOLDER = re.compile(r"\d{4}-\d{2}")
_MONTH_FILES = ("usage.html", "invoice.html", "statement.html")


@dataclass(frozen=True)
class SiteResult:
    """What a rendering did; `bytes` counts the pages looked at, written or not."""

    pages_written: int
    pages_unchanged: int
    bytes: int
    accounts: int
    pages_removed: int = 0


def render_site(home: Path, months: list[date] | None) -> SiteResult:
    """Writes the pages of `months` (None: all), the accounts' lists of months, and the index.

    The site is whole afterwards, whatever was asked for: pages that are missing are made too, as are
    those of the neighbouring months, which link to the month. Pages whose account or month is no longer
    in the marts are removed.
    """
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        marts = Marts(warehouse)
    pages = marts.month_pages()
    chosen = None if months is None else {month.replace(day=1) for month in months}
    site = _Site(home / REPORTS)
    rows = []
    for account in marts.accounts:
        for page in _due(pages[account.account_id], chosen, site):
            folder = _folder(page)
            site.put(folder / "usage.html", render.usage_page(page))
            site.put(folder / account.document_file, render.document_page(page))
        summaries = tuple(page.summary() for page in reversed(pages[account.account_id]))
        refused = tuple(marts.refused_events.get(account.account_id, ()))
        months_page = models.AccountPage(account, summaries, refused)
        site.put(Path(account.folder, "index.html"), render.account_page(months_page))
        rows.append(_index_row(months_page, marts.last_arrival))
    index = models.IndexPage(
        _month_of(marts.last_arrival), marts.last_arrival, tuple(rows), marts.whole_ledger
    )
    site.put(Path("index.html"), render.index_page(index))
    site.prune(file for found in pages.values() for page in found for file in _files(page))
    return site.result(accounts=len(marts.accounts))


class _Site:
    """A folder of pages, and the count of what was done to it."""

    def __init__(self, root: Path):
        self.root = root
        self._kept: set[Path] = set()
        self._written = self._unchanged = self._bytes = self._removed = 0

    def has(self, page: Path) -> bool:
        return (self.root / page).is_file()

    def put(self, page: Path, text: str) -> None:
        """Writes a page beside its place and renames it into it, unless it stands there already."""
        content = text.encode("utf-8")
        path = self.root / page
        self._kept.add(page)
        self._bytes += len(content)
        if path.is_file() and path.read_bytes() == content:
            self._unchanged += 1
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            beside.write_bytes(content)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        self._written += 1

    def prune(self, expected: Iterable[Path]) -> None:
        """Removes pages that are neither expected nor just made, and folders that are empty then.

        Only files that bear the name of a page are touched: the folder may hold other things.
        """
        keep = self._kept.union(expected)
        for path in list(self._pages()):
            if path.relative_to(self.root) not in keep:
                path.unlink(missing_ok=True)
                self._removed += 1
                for folder in (path.parent, path.parent.parent):
                    with suppress(OSError):  # not empty
                        folder.rmdir()

    def _pages(self) -> Iterator[Path]:
        for account in sorted(self.root.iterdir()):
            if not (account.is_dir() and names.FOLDER.fullmatch(account.name)):
                continue
            for month in sorted(account.iterdir()):
                if month.is_dir() and _MONTH_FOLDER.fullmatch(month.name):
                    yield from (month / file for file in _MONTH_FILES if (month / file).is_file())
            if (account / "index.html").is_file():
                yield account / "index.html"

    def result(self, accounts: int) -> SiteResult:
        return SiteResult(self._written, self._unchanged, self._bytes, accounts, self._removed)


def _folder(page: models.MonthPage) -> Path:
    return Path(page.account.folder, names.month_folder(page.month))


def _files(page: models.MonthPage) -> tuple[Path, Path]:
    return _folder(page) / "usage.html", _folder(page) / page.account.document_file


def _due(pages: list[models.MonthPage], chosen: set[date] | None, site: _Site) -> Iterator[models.MonthPage]:
    """The pages to look at again; a month that vanished changes the links of those beside its gap."""
    for page in pages:
        before = page.previous_month or date.min
        after = page.following_month or date.max
        if (
            chosen is None
            or any(before <= month <= after for month in chosen)
            or not all(site.has(file) for file in _files(page))
        ):
            yield page


def _index_row(page: models.AccountPage, last_arrival: date | None) -> models.IndexRow:
    """The index shows the month of the last arrival, or an account's last month before it."""
    begun = (month for month in page.months if last_arrival is not None and month.month <= last_arrival)
    return models.IndexRow(page.account, page.months, next(begun, None), len(page.refused_events))


def _month_of(day: date | None) -> date | None:
    return day.replace(day=1) if day else None
