"""Orders, statements, lines and sessions as pages and files, from figures made by hand (I4, I5, I6, P10)."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from reports import exports, models, render
from reports.calendars import sessions_address
from reports.models import Account, Frame, Role
from reports.models.lines import BilledUnits, LinesPage, SourceLine
from reports.models.orders import Billed, DocumentFiles, Movement, Order, OrdersPage, Wallet, WalletMonth
from reports.models.sessions import SessionDay, SessionsPage
from reports.session_data import AppSessions, day_script
from tests.reports.golden_files import as_it_was
from tests.reports.html import Page
from tests.reports.test_names import HOSTILE

ZOE = Account(
    "zoe", "Zoë GmbH", "Europe/Berlin", "EUR", locale="en_GB", watermark=datetime(2026, 4, 20, tzinfo=UTC)
)
ENTERPRISE = replace(ZOE, kind="enterprise", locale="he_IL")
JANUARY, FEBRUARY, MARCH = (
    DocumentFiles(f"INV-a-2026-00000{n}", f"INV-a-2026-00000{n}", True) for n in (1, 2, 3)
)
DRAFT = DocumentFiles("Draft 2026-04", "draft-2026-04")


def billed(files: DocumentFiles, total: str, credited: str = "0", paid: str = "0", **more: object) -> Billed:
    amounts = [Decimal(each) for each in (total, credited, paid)]
    told: dict[str, object] = {
        "document_id": files.name, "kind": "invoice", "document_class": "month", "mart_status": "issued",
        "period_start_date": date(2026, 3, 1), "period_end_date": date(2026, 4, 1),
        "issue_date": date(2026, 4, 4), "due_date": date(2026, 5, 4), "currency": "EUR",
        "total": amounts[0], "credited_amount": amounts[1], "paid_amount": amounts[2],
        "amount_due": amounts[0] - amounts[1] - amounts[2], "files": files,
    }  # fmt: skip
    return Billed(**(told | more))


DOCUMENTS = (
    billed(DRAFT, "12.50", mart_status="draft", issue_date=None, due_date=None,
           period_start_date=date(2026, 4, 1), period_end_date=date(2026, 5, 1)),
    billed(DocumentFiles("CRN-a-2026-000001", "CRN-a-2026-000001"), "-11.90", kind="credit_note",
           document_class="credit", corrects="INV-a-2026-000003"),
    billed(MARCH, "499.41", "11.90", "100"),
    billed(FEBRUARY, "100.00", is_late=True, due_date=date(2026, 4, 1)),
    billed(JANUARY, "119.00", paid="119.00", document_class="top_up"),
)  # fmt: skip
ORDERS = (
    Order("o2", date(2026, 4, 4), "top_up", "shop", "Shop", "Pay as you go", Decimal("100.0000"), "EUR",
          "completed", "card", "for spring", JANUARY),
    Order("e7", date(2026, 3, 1), "plan_change", "bot", "", "Advanced", Decimal("0.0000"), "EUR",
          "scheduled", None, "from 2026-05-01", None),
)  # fmt: skip
MOVEMENTS = [
    Movement(date(2026, 4, 4), "top_up", "paid", None, Decimal("100.0000"), Decimal("100.0000")),
    Movement(date(2026, 4, 5), "draw", "paid", date(2026, 4, 1), Decimal("-30.5000"), Decimal("69.5000")),
    Movement(date(2026, 4, 6), "credit_note", "paid", None, Decimal("-9.5000"), Decimal("60.0000"),
             "CRN-acme-2026-000002"),
]  # fmt: skip
WALLET = Wallet(
    "shop", "Shop", "EUR", Decimal("60.0000"), "Sufficient funds", 12,
    (WalletMonth(date(2026, 4, 1), Decimal(0), Decimal(0), Decimal("100.0000"), Decimal("-30.5000"),
                 Decimal(0), Decimal(0), Decimal("-9.5000"), Decimal("60.0000"), tuple(MOVEMENTS)),),
)  # fmt: skip
PAGE = OrdersPage(ORDERS, DOCUMENTS, (WALLET,))


def orders_page(page: OrdersPage = PAGE, role: Role = Role.ADMIN) -> str:
    return render.console_page("console_orders.html.jinja", Frame(ZOE, role, "orders.html"), page=page)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    ("name", "role"), [("console_orders", Role.ADMIN), ("console_orders_shared", Role.SHARED)]
)
def test_the_orders_page_is_as_it_was(name: str, role: Role):
    as_it_was(name, orders_page(role=role))


STATEMENTS = tuple(
    replace(each, kind="statement", billing_sessions=4711, voice_sessions=12)
    for each in (DOCUMENTS[0], *DOCUMENTS[2:])
)


def statements_page(*statements: Billed, role: Role = Role.SHARED) -> str:
    frame = Frame(ENTERPRISE, role, "statements.html")
    return render.console_page("console_statements.html.jinja", frame, page=OrdersPage((), statements))


@pytest.mark.parametrize(
    ("name", "role"), [("console_statements", Role.SHARED), ("console_statements_admin", Role.ADMIN)]
)
def test_the_statements_page_is_as_it_was(name: str, role: Role):
    as_it_was(name, statements_page(*STATEMENTS, role=role))


def test_a_statement_says_what_is_owed_by_when_and_whether_it_is_paid():
    """I4: an Enterprise account has no other page that does."""
    read = Page(statements_page(*STATEMENTS))
    assert [each.status for each in STATEMENTS] == ["draft", "open", "overdue", "paid"]
    for row, told in zip(read.tables["statements"][1:], STATEMENTS, strict=True):
        assert ("due" in row[3]) == told.is_asked_for
    values = [Decimal(value) for value in read.values["statements"]]
    for told in STATEMENTS:
        sessions, (total, credits, payments, due) = values[:2], values[2:6]
        assert sessions == [4711, 12]
        assert total - credits - payments == due == told.amount_due
        del values[:6]
    assert not values
    assert not {"orders.html", "orders.csv", "invoices.csv"} & set(read.addresses())


def test_each_document_adds_up_on_the_page_and_in_its_file():
    read = Page(orders_page())
    shown = [row for row in read.tables["invoices"][1:] if row]
    found = rows_of(exports.billed_csv(DOCUMENTS))
    assert len(shown) == len(found) == 5
    for row, told in zip(found, DOCUMENTS, strict=True):
        total, credits, payments, due = (
            Decimal(row[name]) for name in ("total", "credits", "payments", "amount_due")
        )
        assert total - credits - payments == due == told.amount_due
    values = read.values["invoices"]
    assert [Decimal(value) for value in values[3::4]] == [each.amount_due for each in DOCUMENTS]


def test_a_row_has_the_first_and_the_last_day_that_it_is_of():
    """The draft is of April although nothing is issued, and March's invoice is not of its day in April."""
    rows = [
        (attributes["data-kind"], attributes["data-first"], attributes["data-last"])
        for tag, attributes in Page(orders_page()).elements
        if tag == "tr" and "data-kind" in attributes
    ]
    assert rows[0] == ("invoice", "2026-04-01", "2026-04-30")
    assert rows[2] == ("invoice", "2026-03-01", "2026-03-31")


def test_where_a_document_stands():
    assert [each.status for each in DOCUMENTS] == ["draft", "issued", "open", "overdue", "paid"]
    assert billed(MARCH, "10", "10").status == "credited"
    assert billed(MARCH, "0").status == "issued"
    assert billed(MARCH, "10", kind="statement").status == "open"
    assert billed(MARCH, "-10", kind="credit_note").status == "issued"
    assert PAGE.open_sums == (("EUR", Decimal("487.51"), 2),)
    assert PAGE.overdue_sums == (("EUR", Decimal("100.00"), 1),)


def test_amounts_of_two_currencies_are_never_added():
    """P0."""
    page = OrdersPage((), (DOCUMENTS[2], billed(FEBRUARY, "5.00", currency="USD")))
    assert [each[:2] for each in page.open_sums] == [("EUR", Decimal("387.51")), ("USD", Decimal("5.00"))]


def test_figures_that_disagree_have_no_page():
    with pytest.raises(models.FiguresDisagreeError):
        billed(MARCH, "10", amount_due=Decimal(9))
    with pytest.raises(models.FiguresDisagreeError):
        replace(WALLET.months[0], closing_balance=Decimal(70))


def test_a_document_is_downloaded_from_its_field():
    addresses = Page(orders_page()).addresses()
    for suffix in ("html", "pdf", "csv"):
        assert (
            addresses.count(f"documents/INV-a-2026-000001.{suffix}") >= 2
        )  # of the document, and of the order
    assert "documents/draft-2026-04.html" in addresses
    assert "documents/draft-2026-04.pdf" not in addresses
    assert {"orders.csv", "invoices.csv", "balance.csv"} <= set(addresses)


def test_a_shared_account_reads_nothing_of_plans():
    assert "plan.html" in Page(orders_page()).addresses()
    assert "plan.html" not in Page(orders_page(role=Role.SHARED)).addresses()


def test_the_balance_history_has_its_movements():
    read = Page(orders_page())
    (row,) = [row for row in read.tables["listing wallet"] if row[0] == "April 2026"]
    assert row[1:] == ["0.00", "0.00", "100.00", "-30.50", "0.00", "0.00", "-9.50", "60.00"]
    found = rows_of(exports.movements_csv({("shop", "EUR"): MOVEMENTS}, {"shop": "Shop"}))
    assert [each["amount"] for each in found] == ["100.00", "-30.50", "-9.50"]
    assert [each["balance"] for each in found] == ["100.00", "69.50", "60.00"]
    assert [each["month_of_usage"] for each in found] == ["", "2026-04", ""]
    assert [each["document"] for each in found] == ["", "", "CRN-acme-2026-000002"]
    assert "Taken out by CRN-acme-2026-000002" in read.text


def test_there_may_be_nothing_yet():
    text = Page(orders_page(OrdersPage((), ()))).text
    assert "No invoice yet" in text
    assert "No order yet" in text


def test_where_pdfs_cannot_be_made_the_page_says_what_to_install():
    assert "pip install" in orders_page(replace(PAGE, missing_pdf="no PDFs: pip install 'quarterhour[pdf]'"))


# Lines

LINE = SourceLine(
    1, "usage", "usage_sessions", "bot", "Bot", "Advanced", "advanced_eur/1/usage_sessions", "graduated",
    date(2026, 3, 1), date(2026, 4, 1), 60, None, Decimal("6.0000"), Decimal(0), Decimal("6.0000"), "regular",
    None, counts=[2] * 31, elsewhere=(BilledUnits(DRAFT, 7, 2),),
)  # fmt: skip
FEE = LINE._replace(
    line_number=2, line_kind="fee", metric="base_fee", app_id=None, quantity=1, counts=(), elsewhere=(),
    unit_price=Decimal("31.00"), gross_amount=Decimal("12.0000"), start=date(2026, 3, 20),
)  # fmt: skip
LINES = LinesPage(
    MARCH, "Invoice", False, date(2026, 3, 1), date(2026, 4, 1), "EUR", Decimal("18.0000"), (LINE, FEE),
    listed=(date(2026, 3, 30), date(2026, 6, 1)),
)  # fmt: skip


STATEMENT_LINES = replace(
    LINES,
    kind_name="Usage statement",
    lines=(LINE, FEE._replace(metric="agent_seats", quantity=4711)),
    has_amounts=False,
)
"""What an Enterprise account reads: no amounts, and no seats (I5, R16)."""


def lines_page(page: LinesPage = LINES, account: Account = ZOE, role: Role = Role.ADMIN) -> str:
    frame = Frame(account, role, f"lines/{page.files.name}.html")
    return render.console_page("console_lines.html.jinja", frame, page=page)


@pytest.mark.parametrize(
    ("name", "page", "account", "role"),
    [
        ("console_lines", LINES, ZOE, Role.ADMIN),
        ("console_lines_shared", LINES, ZOE, Role.SHARED),
        ("console_lines_statement", STATEMENT_LINES, ENTERPRISE, Role.ADMIN),
        ("console_lines_statement_shared", STATEMENT_LINES, ENTERPRISE, Role.SHARED),
    ],
)
def test_the_lines_page_is_as_it_was(name: str, page: LinesPage, account: Account, role: Role):
    as_it_was(name, lines_page(page, account, role))


def test_the_days_of_a_line_add_up_to_what_is_billed_of_it():
    """I6: and what is on another document is named."""
    read = Page(lines_page())
    assert read.values["line-1"][1:] == ["62", "60", "2"]
    assert "draft-2026-04.html#line-7" in read.addresses()
    counts = [cell.split() for week in read.tables["calendar"][1:] for cell in week if cell]
    assert sum(int(count) for _, count in counts) == 62
    assert [int(day) for day, _ in counts] == list(range(1, 32))


def test_a_day_leads_to_its_sessions_where_they_are_listed():
    found = [each for each in Page(lines_page()).addresses() if "sessions.html" in each]
    assert found == [f"../sessions.html#app=bot&type=u&day=2026-03-{day}" for day in (30, 31)]
    assert not re.search("sessions.html", lines_page(replace(LINES, listed=None)))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (LINE._replace(elsewhere=(), quantity=62), "All sessions of these days are on this line."),
        (LINE, "together they have all sessions"),
        (LINE._replace(elsewhere=()), "rates to the same amount"),
        (LINE._replace(charge_model="flat", quantity=1, elsewhere=()), "A flat charge"),
        (FEE, "for 12 of 31 days: 12.00"),
        (FEE._replace(line_kind="credit", corrects="INV-9"), "Taken off INV-9 on request"),
        (FEE._replace(line_kind="top_up", order_id="o2"), "Funds added by order o2"),
        (FEE._replace(line_kind="minimum_spend"), "the least that this price asks for"),
        (FEE._replace(line_kind="maximum_spend"), "the most that this price asks for"),
        (FEE._replace(line_kind="commitment"), "to the commitment of the contract"),
        (FEE._replace(line_kind="overage"), "beyond the commitment costs more"),
    ],
)  # fmt: skip
def test_each_line_says_where_it_comes_from(line: SourceLine, told: str):
    assert told in Page(lines_page(replace(LINES, lines=(line,)))).text


def test_the_lines_of_a_statement_have_no_amounts_and_no_seats():
    """I5, R16."""
    text = Page(lines_page(STATEMENT_LINES, ENTERPRISE)).text
    assert not re.search(r"4.?711|18\.00|6\.00|31\.00|EUR", text)
    assert "By contract, for 12 of 31 days." in text


# Sessions


def sessions_page(page: SessionsPage, account: Account = ZOE, role: Role = Role.ADMIN) -> str:
    return render.console_page(
        "console_sessions.html.jinja", Frame(account, role, "sessions.html"), page=page
    )


@pytest.mark.parametrize(
    ("name", "account", "role"),
    [
        ("console_sessions", ZOE, Role.ADMIN),
        ("console_sessions_shared", ZOE, Role.SHARED),
        ("console_sessions_enterprise", ENTERPRISE, Role.SHARED),
    ],
)
def test_the_sessions_page_is_as_it_was(name: str, account: Account, role: Role):
    days = [SessionDay(date(2026, 4, 19), 12, 3, 1), SessionDay(date(2026, 4, 18), 7, 0, 0)]
    page = SessionsPage(days, {"bot": "Bot", "x": ""}, 92, 2_000)
    as_it_was(name, sessions_page(page, account, role))


def test_there_may_be_no_sessions_or_no_lists():
    assert "No session in the last 92 days." in sessions_page(SessionsPage([], {}, 92, 2_000))
    assert "Sessions are not listed" in sessions_page(SessionsPage([], {}, 0, 2_000))


def test_a_day_is_handed_over_by_a_call():
    numbers = ("1", "2", "3", "4")
    app = AppSessions("bot", "uvUu", numbers, ("0", "5", "9", "9"), ("7-1", "7-2", "7-3", "7-4"), numbers)
    text = day_script(date(2026, 4, 19), "Europe/Berlin", [app], 3)
    found = json.loads(text.removeprefix("quarterhourDay(").removesuffix(");\n"))
    assert found == {
        "day": "2026-04-19", "zone": "Europe/Berlin",
        "apps": [{"id": "bot", "counts": {"usage": 2, "request": 0, "alert": 0, "voice": 1},
                  "provisional": {"usage": 1, "request": 0, "alert": 0, "voice": 0}, "started": [1, 2, 3],
                  "lasted": [0, 5, 9], "types": "uvu", "conversations": "7-1 7-2 7-3", "blocks": [1, 2, 3],
                  "incomplete": [2]}],
    }  # fmt: skip


# Hostile names


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "\ud800"])
def test_no_name_becomes_markup_a_script_or_a_formula(name: str):
    account = replace(ZOE, name=name)
    order = replace(ORDERS[0], order_id=name, app_id=name or "x", app_name=name, plan_name=name,
                    comments=name, payment_method=name)  # fmt: skip
    wallet = replace(WALLET, app_name=name)
    line = LINE._replace(app_id=name or "x", app_name=name, plan_name=name, price_id=name)
    pages = [
        render.console_page("console_orders.html.jinja", Frame(account, Role.ADMIN, "orders.html"),
                            page=OrdersPage((order,), DOCUMENTS, (wallet,))),
        lines_page(replace(LINES, lines=(line,)), account),
        sessions_page(SessionsPage([SessionDay(date(2026, 4, 19), 1, 0, 0)], {name: name}, 92, 9), account),
    ]  # fmt: skip
    for page in pages:
        read = Page(page)
        assert not read.tags() & {"img", "iframe"}
        assert {attributes.get("src") for tag, attributes in read.elements if tag == "script"} <= {
            None, "../../assets/orders.js", "../../assets/sessions.js"
        }  # fmt: skip
        assert not any(key.startswith("on") for _, attributes in read.elements for key in attributes)
        assert "\u202e" not in page
    for text in (
        exports.orders_csv([order]),
        exports.movements_csv({(name, "EUR"): MOVEMENTS}, {name: name}),
    ):
        for row in csv.reader(io.StringIO(text, newline="")):
            assert not any(re.match(r"[=+@\t\r\n]|-(?!\d)", cell) for cell in row)
    assert re.fullmatch(r"[\x20-\x7e]+\n", day_script(date(2026, 4, 19), name, [], 9))
    assert re.fullmatch(r"\.\./sessions\.html#[\w.%~&;=-]+", sessions_address("usage_sessions", name))


def test_customers_read_no_numbers_of_rules():
    assert not re.search(r"\((?:I|P|R)\d+\)", Page(lines_page()).text)
