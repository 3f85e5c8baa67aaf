"""The reports folder from marts that are built by hand."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.site import WAREHOUSE, SiteResult, render_site
from reports import models, names
from tests.reports.html import Page, count

JANUARY, FEBRUARY, MARCH = date(1999, 1, 1), date(1999, 2, 1), date(1999, 3, 1)

MEASURES = """
    billing_sessions bigint, usage_sessions bigint, request_sessions bigint, alert_sessions bigint,
    voice_sessions bigint, proactive_notifications bigint, agent_seats bigint, provisional_sessions bigint
"""
TABLES = f"""
create table accounts (account_id varchar, account_name varchar, zone varchar, currency varchar,
    account_kind varchar);
create table apps (account_id varchar, app_id varchar, app_name varchar);
create table usage_account_daily (account_id varchar, usage_date date, {MEASURES});
create table usage_account_monthly (account_id varchar, usage_month_date date, {MEASURES});
create table usage_monthly (account_id varchar, app_id varchar, usage_month_date date, {MEASURES});
create table file_ledger (stream varchar, arrival_day date, file varchar, account_id varchar, rows bigint,
    accepted bigint, duplicate bigint, superseded bigint, excluded bigint, quarantined bigint,
    problem varchar);
create table quarantine_reasons (stream varchar, account_id varchar, arrival_month date, reason varchar,
    rows bigint);
create table invoices (account_id varchar, invoice_id varchar, invoice_month date, currency varchar,
    zone varchar, period_start_date date, period_end_date date,
    subtotal decimal(18, 4), tax decimal(18, 4), total decimal(18, 4), amount_due decimal(18, 4),
    status varchar, document_class varchar, invoice_number varchar, issue_date date, due_date date,
    credited_amount decimal(18, 4), paid_amount decimal(18, 4), ledger_hash varchar);
create table invoice_line_items (account_id varchar, app_id varchar, invoice_id varchar, line_number bigint,
    charge_period_start_date date, charge_period_end_date date, metric varchar, quantity bigint,
    unit_price decimal(18, 6), amount decimal(18, 4), currency varchar, charge_class varchar,
    corrects_invoice_id varchar, plan_id varchar, line_kind varchar, discount_amount decimal(18, 4));
create table invoice_line_tiers (invoice_id varchar, line_number bigint, tier_number integer,
    quantity decimal(18, 6), unit_price decimal(18, 6), flat_fee decimal(18, 6), amount decimal(26, 12));
create table invoice_taxes (invoice_id varchar, tax_category varchar, tax_rate decimal(9, 4),
    taxable_amount decimal(18, 4), tax_amount decimal(18, 4));
create table unrated_usage (account_id varchar, app_id varchar, usage_month_date date, metric varchar,
    unrated_reason varchar, quantity bigint);
create table account_event_refusals (account_id varchar, event_id varchar, app_id varchar,
    occurred_at timestamptz, event_type varchar, refusal_reason varchar);
"""


class Warehouse:
    """A warehouse.duckdb of hand-made marts."""

    def __init__(self, home: Path):
        self.path = str(home / WAREHOUSE)

    def run(self, statements: str) -> None:
        with duckdb.connect(self.path) as connection:
            connection.execute(statements)

    def insert(self, table: str, *rows: tuple) -> None:
        with duckdb.connect(self.path) as connection:
            for row in rows:
                connection.execute(f"insert into {table} values ({', '.join('?' * len(row))})", row)

    def add_usage(self, account_id: str, days: dict[date, tuple[int, ...]]) -> None:
        """One app's days; its month and its account follow from them."""
        for month in sorted({day.replace(day=1) for day in days}):
            rows = [values for day, values in days.items() if day.replace(day=1) == month]
            columns = list(zip(*rows, strict=True))
            total = [*map(sum, columns[:6]), max(columns[6]), sum(columns[7])]
            self.insert("usage_account_monthly", (account_id, month, *total))
            self.insert("usage_monthly", (account_id, "bot", month, *total))
        for day, values in days.items():
            self.insert("usage_account_daily", (account_id, day, *values))


@pytest.fixture
def warehouse(tmp_path: Path, built: Path) -> Warehouse:
    """A copy of the hand-made marts that a test may change."""
    shutil.copy(built / WAREHOUSE, tmp_path)
    return Warehouse(tmp_path)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two accounts with three months, arrivals up to the 5th of March, and a draft for February."""
    home = tmp_path_factory.mktemp("built")
    made = Warehouse(home)
    made.run(TABLES)
    made.insert(
        "accounts",
        ("acme", "Acme", "America/Los_Angeles", "USD", "standard"),
        ("ent", "../x", "Asia/Tokyo", "JPY", "enterprise"),
    )
    made.insert("apps", ("acme", "bot", "Helper"), ("ent", "bot", None))
    days = {
        date(1999, 1, 31): (3, 3, 0, 0, 1, 0, 5, 0),
        date(1999, 2, 1): (10, 7, 2, 1, 4, 1, 5, 0),
        date(1999, 2, 2): (20, 20, 0, 0, 0, 0, 8, 0),
        date(1999, 3, 5): (1, 1, 0, 0, 0, 0, 8, 2),
    }
    made.add_usage("acme", days)
    made.add_usage("ent", days)
    made.insert(
        "file_ledger",
        ("interactions", date(1999, 2, 1), "interactions/a", "acme", 50, 40, 5, 2, 1, 2, None),
        ("interactions", date(1999, 2, 1), "interactions/a", "", 3, 0, 0, 0, 0, 3, "gzip ends early"),
        ("alerts", date(1999, 3, 5), "alerts/b", "ent", 7, 7, 0, 0, 0, 0, None),
        ("alerts", date(1999, 3, 5), "alerts/b", "unknown", 1, 0, 0, 0, 0, 1, None),
    )
    made.insert("quarantine_reasons", ("interactions", "acme", FEBRUARY, "unknown actor", 2))
    money = [Decimal(amount) for amount in ("102.00", "17.34", "119.34", "119.34")]
    nothing = Decimal(0)
    unissued = ("month", None, None, None, nothing, nothing, None)
    zone = "America/Los_Angeles"
    made.insert(
        "invoices",
        ("acme", "acme-1999-02", FEBRUARY, "USD", zone, FEBRUARY, MARCH, *money, "draft", *unissued),
    )
    made.insert("invoice_taxes", ("acme-1999-02", "S", Decimal(17), *money[:2]))
    price, amount, fee = Decimal("0.1"), Decimal(3), Decimal(99)
    plan = ("USD", "regular", None, "essential_usd", "usage", nothing)
    made.insert(
        "invoice_line_items",
        ("acme", "bot", "acme-1999-02", 1, FEBRUARY, MARCH, "billing_sessions", 30, price, amount, *plan),
        ("acme", "bot", "acme-1999-02", 2, MARCH, date(1999, 4, 1), "base_fee", 1, fee, fee, *plan),
    )
    made.insert("unrated_usage", ("acme", "bot", FEBRUARY, "voice_sessions", "no price for it", 4))
    return home


def folder(home: Path, account_id: str, name: str) -> Path:
    return home / "reports" / names.account_folder(account_id, name)


def test_each_account_and_month_has_its_pages(tmp_path: Path, warehouse: Warehouse):
    result = render_site(tmp_path, None)
    reports = tmp_path / "reports"
    pages = {str(path.relative_to(reports)) for path in reports.rglob("*") if path.is_file()}
    acme, ent = folder(tmp_path, "acme", "Acme").name, folder(tmp_path, "ent", "../x").name
    months = ("1999-01", "1999-02", "1999-03")
    expected = {"index.html", f"{acme}/index.html", f"{ent}/index.html"}
    expected |= {f"{acme}/{month}/{page}.html" for month in months for page in ("usage", "invoice")}
    expected |= {f"{ent}/{month}/{page}.html" for month in months for page in ("usage", "statement")}
    assert pages == expected
    size = sum((reports / page).stat().st_size for page in pages)
    assert result == SiteResult(len(expected), 0, size, accounts=2)


def test_pages_say_what_the_marts_say(tmp_path: Path, warehouse: Warehouse):
    render_site(tmp_path, None)
    month = folder(tmp_path, "acme", "Acme") / "1999-02"
    usage = Page((month / "usage.html").read_text())
    assert usage.tables["days"][-1][1:] == ["30", "27", "2", "1", "4", "1", "8", "0"]
    assert usage.tables["apps"][2][0] == "Helper bot"
    ledger = next(table for table in usage.tables.values() if len(table[0]) == 8)
    assert [count(cell) for cell in ledger[1][1:7]] == [50, 40, 5, 2, 1, 2]
    assert [count(cell) for cell in ledger[-1][1:7]] == [3, 0, 0, 0, 0, 3]
    assert "unknown actor" in usage.text
    assert "gzip ends early" in usage.text
    invoice = Page((month / "invoice.html").read_text())
    assert invoice.texts["total"] == "119.34"
    assert "Tax 17 % (S) on 102.00" in invoice.text
    assert "no price for it" in invoice.text


def test_the_index_counts_rows_of_accounts_that_have_no_page(tmp_path: Path, warehouse: Warehouse):
    render_site(tmp_path, None)
    index = Page((tmp_path / "reports/index.html").read_text())
    ledger = next(table for table in index.tables.values() if len(table[0]) == 8)
    assert [count(cell) for cell in ledger[-2][1:7]] == [58, 47, 5, 2, 1, 3]
    assert "March 1999" in index.text
    assert [row[0] for row in index.tables["accounts-table"][1:]] == [
        "../x Enterprise · Asia/Tokyo",
        "Acme America/Los_Angeles",
    ]


def test_the_last_complete_day_is_the_accounts(tmp_path: Path, warehouse: Warehouse):
    render_site(tmp_path, None)
    west = (folder(tmp_path, "acme", "Acme") / "1999-03/usage.html").read_text()
    east = (folder(tmp_path, "ent", "../x") / "1999-03/usage.html").read_text()
    assert "data through 4 Mar 1999" in west
    assert "partial" in west
    assert "data through 5 Mar 1999" in east


def test_agents_of_an_enterprise_account_are_in_none_of_its_files(tmp_path: Path, warehouse: Warehouse):
    warehouse.run("update usage_account_daily set agent_seats = 4711 where account_id = 'ent'")
    warehouse.run("update usage_account_monthly set agent_seats = 4711 where account_id = 'ent'")
    warehouse.run("update usage_monthly set agent_seats = 4711 where account_id = 'ent'")
    render_site(tmp_path, None)
    texts = [path.read_text() for path in folder(tmp_path, "ent", "../x").rglob("*.html")]
    texts.append((tmp_path / "reports/index.html").read_text())
    assert not any("4711" in text or "4,711" in text for text in texts)


def test_only_what_changed_is_written(tmp_path: Path, warehouse: Warehouse):
    first = render_site(tmp_path, None)
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "reports").rglob("*.html")}
    again = render_site(tmp_path, None)
    assert (again.pages_written, again.pages_unchanged) == (0, first.pages_written)
    assert stamps == {path: path.stat().st_mtime_ns for path in stamps}
    warehouse.run("update accounts set zone = 'UTC' where account_id = 'ent'")
    render_site(tmp_path, None)
    changed = {path for path in stamps if path.stat().st_mtime_ns != stamps[path]}
    ent = folder(tmp_path, "ent", "../x")
    assert changed == {*ent.rglob("*.html"), tmp_path / "reports/index.html"}


def test_chosen_months_bring_their_neighbours_and_what_is_missing(tmp_path: Path, warehouse: Warehouse):
    alone = render_site(tmp_path, [FEBRUARY])
    assert alone.pages_written == 15  # nothing was there yet
    assert render_site(tmp_path, [JANUARY]).pages_unchanged == 2 * (2 * 2 + 1) + 1


@pytest.mark.parametrize("months", [None, [FEBRUARY]])
def test_pages_of_a_vanished_month_go(tmp_path: Path, warehouse: Warehouse, months: list[date] | None):
    render_site(tmp_path, None)
    for table, month in (
        ("usage_account_monthly", "usage_month_date"),
        ("usage_monthly", "usage_month_date"),
        ("usage_account_daily", "date_trunc('month', usage_date)"),
    ):
        warehouse.run(f"delete from {table} where account_id = 'ent' and {month} = date '1999-02-01'")
    result = render_site(tmp_path, months)
    ent = folder(tmp_path, "ent", "../x")
    assert sorted(path.name for path in ent.iterdir()) == ["1999-01", "1999-03", "index.html"]
    assert result.pages_removed == 2
    assert "../1999-03/usage.html" in (ent / "1999-01/usage.html").read_text()


def test_a_vanished_account_goes_and_what_is_not_ours_stays(tmp_path: Path, warehouse: Warehouse):
    render_site(tmp_path, None)
    notes = [
        tmp_path / "reports/notes.txt",
        tmp_path / "reports/mine/1999-02/usage.html",
        folder(tmp_path, "acme", "Acme") / "1999-02/comment.txt",
    ]
    for note in notes:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text("keep")
    warehouse.run("delete from accounts where account_id = 'ent'")
    result = render_site(tmp_path, None)
    assert not folder(tmp_path, "ent", "../x").exists()
    assert all(note.read_text() == "keep" for note in notes)
    assert (result.accounts, result.pages_removed) == (1, 7)


def test_every_link_leads_to_a_page(tmp_path: Path, warehouse: Warehouse):
    render_site(tmp_path, [MARCH])
    for path in (tmp_path / "reports").rglob("*.html"):
        for address in Page(path.read_text()).addresses():
            if address.endswith(".html"):
                assert (path.parent / address).is_file(), f"{path} -> {address}"


def test_an_empty_warehouse_has_an_index(tmp_path: Path):
    Warehouse(tmp_path).run(TABLES)
    assert render_site(tmp_path, None).pages_written == 1
    assert "No accounts yet" in (tmp_path / "reports/index.html").read_text()


def test_figures_that_disagree_publish_nothing(tmp_path: Path, warehouse: Warehouse):
    warehouse.run("update usage_monthly set billing_sessions = 31 where usage_month_date = date '1999-02-01'")
    with pytest.raises(models.FiguresDisagreeError, match="30 in all, 30 by day, 31 by app"):
        render_site(tmp_path, None)
    assert not (tmp_path / "reports").exists()
