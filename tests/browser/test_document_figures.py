"""The figures of documents, lines and sessions of a whole site, read back: as in the marts and the ledger."""

import csv
import io
import json
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.home import WAREHOUSE
from orchestration.ledger import Ledger
from reports import pdf
from reports.names import account_folder
from tests.browser.home import ENTERPRISE, NAMES, STANDARD
from tests.reports.html import Page

Row = dict[str, Any]
SUMS = ("subtotal", "tax", "total", "credited", "paid", "amount-due")
RECORDS = ("subtotal", "tax_total", "total", "credits", "payments", "amount_due")
ROLES = ("admin", "shared")


def tree(home: Path, account_id: str, role: str = "admin") -> Path:
    return home / "reports" / account_folder(account_id, NAMES[account_id]) / role


def marts(home: Path, query: str) -> list[Row]:
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        warehouse.execute("set TimeZone = 'UTC'")
        cursor = warehouse.execute(query)
        columns = [column[0] for column in cursor.description or []]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def invoices(home: Path) -> list[Row]:
    found = marts(home, "from invoices where has_lines order by account_id, invoice_month, invoice_id")
    assert len(found) > 10
    return found


def file_of(home: Path, row: Row, suffix: str, role: str = "admin") -> Path:
    name = row["invoice_number"] or f"draft-{row['invoice_month']:%Y-%m}"
    return tree(home, row["account_id"], role) / "documents" / f"{name}.{suffix}"


def rows_of(path: Path) -> list[Row]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def test_every_document_of_the_marts_is_there_for_both_roles(home: Path):
    """As its page, whose sums and lines are those of the marts when it was issued (I4)."""
    lines = defaultdict(list)
    for line in marts(home, "from invoice_line_items order by invoice_id, line_number"):
        lines[line["invoice_id"]].append(line["amount"])
    for row in invoices(home):
        page = file_of(home, row, "html").read_text(encoding="utf-8")
        assert page == file_of(home, row, "html", "shared").read_text(encoding="utf-8")
        read = Page(page)
        said = {name: Decimal(read.values[name][0]) for name in SUMS}
        assert (said["subtotal"], said["tax"], said["total"]) == (row["subtotal"], row["tax"], row["total"])
        assert said["total"] - said["credited"] - said["paid"] == said["amount-due"]
        amounts = [Decimal(values[-1]) for key, values in read.values.items() if key.startswith("line-")]
        assert amounts == lines[row["invoice_id"]]


def test_the_files_say_the_same_as_the_pages(home: Path):
    for row in invoices(home):
        read = Page(file_of(home, row, "html").read_text(encoding="utf-8"))
        table = rows_of(file_of(home, row, "csv"))
        by_record = {each["record"]: each["amount"] for each in table}
        said = [Decimal(read.values[name][0]) for name in SUMS]
        assert [Decimal(by_record[record]) for record in RECORDS] == said
        assert sum(Decimal(each["amount"]) for each in table if each["record"] == "line") == row["subtotal"]
        assert sum(Decimal(each["amount"]) for each in table if each["record"] == "tax") == row["tax"]


@pytest.mark.skipif(pdf.missing() is not None, reason=str(pdf.missing()))
def test_the_totals_of_each_pdf_are_those_of_the_ledger(home: Path):
    pypdf = pytest.importorskip("pypdf")
    issued = [row for row in invoices(home) if row["invoice_number"]]
    entries = {entry.number: entry for entry in Ledger(home).entries()}
    for row in issued:
        path = file_of(home, row, "pdf")
        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
        shown = Page(file_of(home, row, "html").read_text(encoding="utf-8")).texts
        for label, name in (("Subtotal", "subtotal"), ("Tax", "tax"), ("Total", "total")):
            amount = ".?" + re.escape(shown[name].strip("\u200e\u200f")) + ".?"
            either = rf"^({label} ?{amount}|{amount} ?{label})$"  # the page may run from right to left
            assert re.search(either, text, re.MULTILINE), (path, label)
        assert row["invoice_number"] in text
        assert entries[row["invoice_number"]].hash in text.replace("\n", "")
        assert path.read_bytes() == file_of(home, row, "pdf", "shared").read_bytes()


def test_the_orders_page_has_the_documents_and_orders_of_the_marts(home: Path):
    for account_id in NAMES:
        found = [row for row in invoices(home) if row["account_id"] == account_id]
        if account_id == ENTERPRISE:
            assert not (tree(home, account_id) / "orders.html").exists()
            continue
        table = rows_of(tree(home, account_id) / "invoices.csv")
        assert len(table) == len(found)
        assert sum(Decimal(row["amount_due"]) for row in table) == sum(row["amount_due"] for row in found)
        for row in table:
            total, credits, payments, due = (
                Decimal(row[name]) for name in ("total", "credits", "payments", "amount_due")
            )
            assert total - credits - payments == due
        orders = marts(home, f"from orders where account_id = '{account_id}'")
        assert len(rows_of(tree(home, account_id) / "orders.csv")) == len(orders)
        read = Page((tree(home, account_id) / "orders.html").read_text(encoding="utf-8"))
        assert sum(Decimal(value) for value in read.values["invoices"][3::4]) == sum(
            row["amount_due"] for row in found
        )
        linked = {each for each in read.addresses() if each.startswith(("documents/", "lines/"))}
        assert all((tree(home, account_id) / each).is_file() for each in linked)


def test_the_balance_history_is_that_of_the_marts(home: Path):
    table = rows_of(tree(home, STANDARD) / "balance.csv")
    wallets = marts(home, f"from wallets where account_id = '{STANDARD}'")
    for wallet in wallets:
        own = [row for row in table if row["app_id"] == wallet["app_id"]]
        assert Decimal(own[-1]["balance"]) == wallet["balance"] == sum(Decimal(row["amount"]) for row in own)


def test_the_days_of_every_line_of_usage_are_what_is_billed_of_them(home: Path):
    """I3, I6: where they are more, another document is named that has the rest."""
    elsewhere = 0
    for row in invoices(home):
        page = file_of(home, row, "html").with_suffix("").name
        read = Page((tree(home, row["account_id"]) / "lines" / f"{page}.html").read_text(encoding="utf-8"))
        texts = {key: text for key, text in read.texts.items() if re.fullmatch(r"line-\d+", key)}
        assert len(texts) == len(
            marts(home, f"from invoice_line_items where invoice_id = '{row['invoice_id']}'")
        )
        for key, text in texts.items():
            if "Counted on these days" not in text or "A flat charge" in text:
                continue
            counted, *billed = [int(value) for value in read.values[key] if "." not in value][
                -text_rows(text) :
            ]
            assert counted == sum(billed), (page, key)
            elsewhere += len(billed) > 1
    assert elsewhere  # January has a correction


def text_rows(text: str) -> int:
    """How many counts stand beside the days: those counted, on the line, on others, on none."""
    return 2 + len(re.findall(r"\bOn (?!this line|these days)", text))


@pytest.mark.parametrize("account_id", NAMES)
def test_the_listed_sessions_are_those_of_the_marts(home: Path, account_id: str):
    """R13: complete ones, day by day."""
    folder = tree(home, account_id) / "sessions"
    days = marts(
        home,
        f"from usage_account_daily where account_id = '{account_id}'"
        " and billing_sessions + voice_sessions + provisional_sessions > 0",
    )
    listed = {path.stem for path in folder.glob("*.csv")}
    assert listed == {path.stem for path in folder.glob("*.js")} <= {str(row["usage_date"]) for row in days}
    for row in days:
        if str(row["usage_date"]) not in listed:
            continue
        table = rows_of(folder / f"{row['usage_date']}.csv")
        complete = [each for each in table if each["is_complete"] == "true"]
        assert sum(each["type"] != "voice" for each in complete) == row["billing_sessions"]
        assert sum(each["type"] == "voice" for each in complete) == row["voice_sessions"]
        text = (folder / f"{row['usage_date']}.js").read_text()
        apps = json.loads(text.removeprefix("quarterhourDay(").removesuffix(");\n"))["apps"]
        assert sum(sum(app["counts"].values()) for app in apps) == len(complete)
        assert sum(len(app["started"]) for app in apps) == len(table)


@pytest.mark.parametrize("role", ROLES)
def test_an_enterprise_account_reads_no_seats_and_what_it_owes_only_of_whole_statements(
    home: Path, role: str
):
    """I5, R16: its seats are 50 and 80, and cost it something."""
    folder = tree(home, ENTERPRISE, role)
    assert not list(folder.glob("orders*")) + list(folder.glob("invoices.csv"))
    for path in [*folder.rglob("documents/*.csv")]:
        for row in rows_of(path):
            if row["metric"] == "agent_seats":
                assert (row["quantity"], row["unit_price"]) == ("", "")
    for path in folder.glob("lines/*.html"):
        assert "USD" not in path.read_text(encoding="utf-8")
    values = Page((folder / "statements.html").read_text(encoding="utf-8")).values["statements"]
    told = {tuple(map(Decimal, values[place + 2 : place + 6])) for place in range(0, len(values), 6)}
    sums = ("total", "credited_amount", "paid_amount", "amount_due")
    found = [row for row in invoices(home) if row["account_id"] == ENTERPRISE]
    assert told == {tuple(row[name] for name in sums) for row in found}
    assert len(values) == 6 * len(found)
