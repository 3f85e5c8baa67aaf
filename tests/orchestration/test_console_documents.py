"""Documents of the console: made once of their entries, by processes or not, and for both roles (I2)."""

import os
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.billing.issued import publish_issued
from orchestration.console import documents, making
from orchestration.console.documents import Documents
from orchestration.console.reading import accounts_of
from orchestration.console.tree import SiteResult, Tree
from orchestration.errors import RunError
from orchestration.lake import Lake
from orchestration.ledger import Ledger
from reports import pdf
from reports.models import Role
from tests.orchestration.outboxes import APRIL, ENTRIES, INVOICE, TOP_UP, entry
from tests.reports import issued_samples as samples

MARTS = """
create table int_watermark as select timestamptz '2026-06-10 00:00:00+00' as watermark_at;
create table invoices (
    account_id varchar, invoice_id varchar, invoice_month date, document_kind varchar, status varchar,
    has_lines boolean
);
create table accounts as select
    'zoe' as account_id, 'Zoë' as account_name, 'Europe/Berlin' as zone, 'EUR' as currency,
    'standard' as account_kind, 'de_DE' as locale;
"""

needs_pdf = pytest.mark.skipif(pdf.missing() is not None, reason=str(pdf.missing()))


@pytest.fixture(autouse=True)
def _disk_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """fsync guards against a loss of power, which no test has."""
    monkeypatch.setattr(os, "fsync", lambda opened: None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with three documents; without PDFs, which take a second each."""
    (tmp_path / "quarterhour.toml").write_text("pdf = false\n")
    return with_ledger(tmp_path, ENTRIES)


def with_ledger(home: Path, entries: list[Any]) -> Path:
    ledger = Ledger(home)
    with ledger.writing() as writer:
        for each in entries:
            writer.append(each)
    publish_issued(Lake(home), ledger)
    if not (home / "warehouse.duckdb").exists():
        with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
            warehouse.execute(MARTS)
    return home


def render(home: Path) -> SiteResult:
    tree = Tree(home / "reports")
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        section = Documents(home, warehouse)
        for account in accounts_of(warehouse):
            for role in Role:
                for file in section.files(account, role):
                    tree.put(file, f"{account.folder}/{role}")
    tree.prune()
    return tree.result(1)


def found(home: Path, role: Role = Role.ADMIN) -> dict[str, bytes]:
    (account,) = (path for path in (home / "reports").iterdir() if path.is_dir())
    return {path.name: path.read_bytes() for path in sorted((account / role / "documents").iterdir())}


def test_each_document_has_its_files_for_both_roles(home: Path):
    render(home)
    assert {name.rsplit(".", 1)[1] for name in found(home)} == {"html", "csv"}
    assert len(found(home)) == 6
    assert found(home) == found(home, Role.SHARED)
    assert b"499,41" in found(home)[f"{INVOICE}.html"]


def test_what_was_made_is_not_made_again(home: Path):
    render(home)
    before = found(home)
    for path in (home / "ledger").glob("*.json"):
        path.unlink()  # what nobody reads again
    again = render(home)
    assert (again.pages_written, again.pages_removed) == (0, 0)
    assert found(home) == before


def test_what_was_taken_away_is_made_again(home: Path):
    render(home)
    before = found(home)
    for path in (home / "reports").rglob(f"{INVOICE}.*"):
        path.unlink()
    render(home)
    assert found(home) == before


def test_a_page_of_another_ledger_gives_way(home: Path):
    """As after a restored backup: the same number, another document."""
    render(home)
    shutil.rmtree(home / "ledger")
    other = samples.march() | {"customer": samples.customer("Somebody else")}
    with_ledger(home, [entry("invoice", "month/zoe-2026-03", APRIL, other)])
    render(home)
    pages = found(home)
    assert f"{TOP_UP}.html" not in pages
    assert b"Somebody else" in pages["INV-acme-2026-000001.html"]
    assert pages == found(home, Role.SHARED)


def test_an_entry_that_the_marts_do_not_know_is_refused(home: Path):
    path = home / "ledger" / "00000001.json"
    path.write_text(path.read_text().replace(Ledger(home).entries()[0].hash, "0" * 64))
    with pytest.raises(RunError, match="is not the entry that the marts know"):
        render(home)


def test_many_are_made_by_processes_in_the_same_bytes(home: Path, monkeypatch: pytest.MonkeyPatch):
    render(home)
    before = found(home)
    shutil.rmtree(home / "reports")
    monkeypatch.setattr(making, "FEW_PAGES", 0)
    render(home)
    assert found(home) == before


def test_what_goes_wrong_in_a_process_stops_the_rendering(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(making, "FEW_PAGES", 0)
    path = home / "ledger" / "00000001.json"
    path.write_text(path.read_text().replace(Ledger(home).entries()[0].hash, "0" * 64))
    with pytest.raises(RunError, match="is not the entry that the marts know"):
        render(home)


@needs_pdf
def test_a_pdf_is_made_once_and_is_the_same_for_both_roles(home: Path, monkeypatch: pytest.MonkeyPatch):
    (home / "quarterhour.toml").unlink()
    render(home)
    made = {name: content for name, content in found(home).items() if name.endswith(".pdf")}
    assert len(made) == 3
    assert made.items() <= found(home, Role.SHARED).items()
    monkeypatch.setattr(pdf, "pdf", lambda *_: pytest.fail("it was made again"))
    assert render(home).pages_written == 0
    (account,) = (path for path in (home / "reports").iterdir() if path.is_dir())
    shutil.rmtree(account / "admin")  # the other role has it
    render(home)
    assert made.items() <= found(home).items()


@needs_pdf
def test_the_pdfs_of_an_account_that_is_renamed_go_with_it(home: Path, monkeypatch: pytest.MonkeyPatch):
    (home / "quarterhour.toml").unlink()
    render(home)
    made = {name: content for name, content in found(home).items() if name.endswith(".pdf")}
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        warehouse.execute("update accounts set account_name = 'Zebra'")
    monkeypatch.setattr(pdf, "pdf", lambda *_: pytest.fail("it was made again"))
    render(home)
    assert made.items() <= found(home).items()


def test_without_weasyprint_one_line_says_what_to_install_and_all_else_is_made(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    (home / "quarterhour.toml").unlink()
    monkeypatch.setattr(documents.pdf, "missing", lambda: "no PDFs: pip install 'quarterhour[pdf]'")
    render(home)
    assert caplog.messages == ["no PDFs: pip install 'quarterhour[pdf]'"]
    assert len(found(home)) == 6


def test_a_pdf_that_fails_is_told_and_stops_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    (home / "quarterhour.toml").unlink()

    def fail(*_: object) -> bytes:
        raise pdf.PdfError("no font")

    monkeypatch.setattr(documents.pdf, "missing", lambda: None)
    monkeypatch.setattr(making.pdf, "pdf", fail)
    render(home)
    assert len(caplog.messages) == 3
    assert f"no PDF of {INVOICE}: no font" in caplog.messages
    assert len(found(home)) == 6
