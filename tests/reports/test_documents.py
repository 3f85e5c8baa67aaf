"""Documents as pages, CSV and PDF, read back: totals, what finance asks of them, hostile names (I2 to I5)."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from reports import exports, models, pdf, render
from reports.models.annex import COUNTED
from reports.models.documents import Document, draft_document
from tests.reports import issued_samples as samples
from tests.reports.golden_files import as_it_was
from tests.reports.html import Page
from tests.reports.issued_samples import Body, document, line, tax
from tests.reports.test_names import HOSTILE

INVOICE = document("invoice", "INV-acme-2026-000002", samples.march())
TOP_UP = document("invoice", "INV-acme-2026-000003", samples.top_up())
CREDIT = document("credit_note", "CRN-acme-2026-000001", samples.credit_note())
VOID = document("void", "VOI-acme-2026-000001", samples.credit_note() | {"reason": "Billed twice"})
STATEMENT = document("statement", "STM-acme-2026-000001", samples.march())
DRAFT = draft_document(
    samples.march() | {"issue_date": None, "due_date": None, "document_id": "zoe-2026-03"},
    "invoice",
    datetime(2026, 4, 1, 3, 30, tzinfo=UTC),
)
ENGLISH = document(
    "invoice", "INV-acme-2026-000002", samples.march() | {"customer": samples.customer(locale="en")}
)
ARABIC = document(
    "invoice",
    "INV-acme-2026-000002",
    samples.march() | {"customer": samples.customer("شركة <b>", locale="ar_KW")},
)
ALL = {
    "document_invoice": INVOICE, "document_top_up": TOP_UP, "document_credit_note": CREDIT,
    "document_void": VOID, "document_statement": STATEMENT, "document_draft": DRAFT,
    "document_rtl": ARABIC,
}  # fmt: skip
SUMS = ("subtotal", "tax", "total", "credited", "paid", "amount-due")


def figures(read: Page) -> dict[str, Decimal]:
    return {name: Decimal(read.values[name][0]) for name in SUMS}


@pytest.mark.parametrize("name", ALL)
def test_the_page_is_as_it_was(name: str):
    ways = ("../lines/x.html", "../orders.html") if name == "document_draft" else ()
    as_it_was(name, render.issued_page(ALL[name], *ways))


@pytest.mark.parametrize("made", ALL.values(), ids=list(ALL))
def test_page_and_csv_read_back_add_up_to_the_ledgers_sums(made: Document):
    read = Page(render.issued_page(made))
    said = figures(read)
    lines = [Decimal(values[-1]) for key, values in read.values.items() if key.startswith("line-")]
    assert sum(lines) == said["subtotal"] == made.invoice.subtotal
    assert said["subtotal"] + said["tax"] == said["total"] == made.invoice.total
    assert said["total"] - said["credited"] - said["paid"] == said["amount-due"] == made.invoice.amount_due
    rows = list(csv.DictReader(io.StringIO(exports.document_csv(made), newline="")))
    by_record = {row["record"]: Decimal(row["amount"]) for row in rows}
    assert [Decimal(row["amount"]) for row in rows if row["record"] == "line"] == lines
    assert sum(Decimal(row["amount"]) for row in rows if row["record"] == "tax") == by_record["tax_total"]
    for record, name in (
        ("subtotal", "subtotal"), ("tax_total", "tax"), ("total", "total"), ("credits", "credited"),
        ("payments", "paid"), ("amount_due", "amount-due"),
    ):  # fmt: skip
        assert by_record[record] == said[name]


def test_taxes_are_by_category_on_the_sum_of_its_lines():
    read = Page(render.issued_page(ENGLISH))
    parts = [row[0] for row in read.tables["sums"] if row[0].startswith("Tax ")]
    assert parts == ["Tax AA 7% on 33.00", "Tax S 19% on 390.00"]
    assert "Tax category AA: reduced rate" in read.text


def test_a_sum_in_the_csv_stands_under_the_names_of_its_figures():
    rows = csv.DictReader(io.StringIO(exports.document_csv(ENGLISH), newline=""))
    found = [{name: cell for name, cell in row.items() if cell} for row in rows if row["record"] != "line"]
    head = {"document": "INV-acme-2026-000002", "kind": "invoice"}
    reduced = {"gross_amount": "33.00", "tax_category": "AA", "tax_rate": "7"}
    assert found[:2] == [
        {"record": "subtotal", **head, "amount": "423.00", "currency": "EUR"},
        {"record": "tax", **head, **reduced, "amount": "2.31", "currency": "EUR"},
    ]


def test_the_page_says_what_finance_asks_of_it():
    read = Page(render.issued_page(ENGLISH))
    for said in (
        "INV-acme-2026-000002", "Issued on 4 Apr 2026", "Due on 4 May 2026", "Quarter Hour Ltd",
        "1 Clock Street", "Tax id GB123", "Zoë GmbH", "10115 Berlin", "Your order PO-7", "IBAN GB00 1234",
        "1–31 Mar 2026", "Days are those of Europe/Berlin", "Tier 1: 500 × 0.00 = 0.00",
        "Tier 2: 1,000 × 0.10 + 5.00 = 105.00", "105.00 less a discount of 10.50", "Corrects zoe-2026-02",
        "Amount due by 4 May 2026 €499.41", "Payable within 30 days of issue", "Annex: usage by app and day",
    ):  # fmt: skip
        assert said.replace(" ", "") in read.text.replace(" ", "")
    assert read.values["rows"] == ["50", "40", "5", "2", "1", "2"]
    assert read.texts["hash"] == "f" * 64


def test_the_annex_has_each_app_and_day():
    read = Page(render.issued_page(ENGLISH))
    assert read.tables["usage"][1:] == [
        ["Bot", "1,500", "0", "0", "1,500", "500"],
        ["Shop", "0", "0", "4", "4", "0"],
        ["All apps", "1,500", "0", "4", "1,504", "500"],
    ]
    metrics, heads, first, *rest, total = read.tables["counts days"]
    assert metrics == ["", "Usage sessions", "Voice sessions"]
    assert (heads, first, total) == (
        ["Day", "Bot", "Bot"], ["1 Mar", "500", "0"], ["Total", "1,500", "500"]
    )  # fmt: skip
    assert (len(rest), rest[1]) == (30, ["3 Mar", "1,000", "500"])


def test_an_annex_of_many_columns_is_two_tables_with_the_sum_of_all_apps():
    name = 'The "shop\'s" <desk> ' + "x" * 60
    counts = {metric: [2, 1] for metric in COUNTED}
    silent = {metric: found for metric, found in counts.items() if metric != "usage_sessions"}
    usage = [
        {"app_id": "bot", "app_name": "Bot", "first_date": "2026-03-01", "counts": silent},
        {"app_id": "shop", "app_name": name, "first_date": "2026-03-02", "counts": counts},
    ]
    lines = [line(metric, "1.0000") for metric in ("billing_sessions", *COUNTED)]
    content = samples.body("zoe-2026-03", lines, [], usage=usage, customer=samples.customer(locale="en"))
    page = render.issued_page(document("invoice", "INV-1", content))
    first, second = re.findall(r'<table class="counts days">.*?</table>', page, re.DOTALL)
    assert [
        re.findall(r'<th scope="colgroup" colspan="(\d+)">([^<]*)<', table) for table in (first, second)
    ] == [
        [("3", "Billing sessions"), ("1", "Usage sessions"), ("3", "API requests"), ("2", "Alert sessions")],
        [("1", "Alert sessions"), ("3", "Voice sessions")],
    ]
    assert f'<th scope="row"><bdi>The &#34;shop&#39;s&#34; &lt;desk&gt; {"x" * 60}</bdi></th>' in page
    short = "<bdi>The &#34;shop&#39;s&#34; &lt;desk&gt; xxxxxxxxxxxxxxxxxxx…</bdi>"
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("All apps", "<bdi>Bot</bdi>", short))
    assert f'<tr><th scope="col">Day</th>{heads}<th scope="col">All apps</th></tr>' in second
    days = re.findall(r"<tr><th scope=\"row\">.*?</tr>", second)
    assert days[:3] == [
        '<tr><th scope="row">1 Mar</th><td>2</td><td>2</td><td class="nil">0</td><td>2</td></tr>',
        '<tr><th scope="row">2 Mar</th><td>3</td><td>1</td><td>2</td><td>3</td></tr>',
        '<tr><th scope="row">3 Mar</th><td>1</td><td class="nil">0</td><td>1</td><td>1</td></tr>',
    ]
    assert (len(days), days[-1]) == (
        32, '<tr><th scope="row">Total</th><td>6</td><td>3</td><td>3</td><td>6</td></tr>'
    )  # fmt: skip


def test_an_entry_from_before_there_was_an_annex_has_a_page():
    content = samples.march()
    for name in ("usage", "corrects_number", "reason"):
        content.pop(name, None)
    assert "Annex" not in render.issued_page(document("invoice", "INV-1", content))


def test_a_part_of_a_month_says_its_days_and_what_the_fee_includes_is_told():
    fee = line("base_fee", "55.0000", line_kind="fee", charge_period_start_date="2026-03-20")
    usage = line(
        "usage_sessions", "10.0000", quantity=600, included_units="500.000000",
        tiers=[samples.tier(1, "100", "0.1", "0", "10.0000")],
    )  # fmt: skip
    package = line(
        "request_sessions", "2.0000", quantity=150, package_size="100.000000", unit_price="1.000000",
        tiers=[samples.tier(1, "2.000000", "1.000000", "0", "2.0000")],
    )  # fmt: skip
    content = samples.body("zoe-2026-03", [fee, usage, package], [])
    text = Page(render.issued_page(document("invoice", "INV-1", content))).text
    assert "12 of 31 days" in text
    assert "500 included in the fee, 100 charged" in text
    assert "Packages of 100: 2" in text


def included(kind: str = "invoice", **more: object) -> tuple[str, str]:
    """The row and the CSV's cell of a line whose price includes 5,000 voice sessions a month."""
    charged = line(
        "voice_sessions", "0.0000", **{"unit_price": "14.000000", "included_units": "5000.000000"} | more
    )
    content = samples.body("zoe-2026-03", [charged], [], customer=samples.customer(locale="en"))
    made = document(kind, "INV-1", content)
    cell = next(csv.DictReader(io.StringIO(exports.document_csv(made), newline="")))["included_units"]
    return " ".join(Page(render.issued_page(made)).tables["lines"][2]), cell


PACKAGES = {"package_size": "100.000000"}


def test_a_line_of_nothing_says_that_the_fee_has_paid_for_it():
    """P2, P3: of packages too."""
    for more in ({}, PACKAGES):
        row, cell = included(quantity=310, **more)
        assert "310 of 5,000 included in the fee" in row
        assert cell == "310"


def test_what_is_beyond_the_fee_is_told_in_units_whatever_it_is_sold_in():
    """P3: 201 units are three packages begun."""
    taken = [samples.tier(1, "3.000000", "14.000000", "0.000000", "42.0000")]
    row, cell = included(quantity=5201, tiers=taken, **PACKAGES)
    assert "5,000 included in the fee, 201 charged" in row
    assert "Packages of 100: 3" in row
    assert cell == "5000"


def test_a_part_of_a_month_has_its_part_of_what_the_fee_includes():
    """P6: 5,000 units of 12 days of 31 are 1,936 begun."""
    row, _ = included(quantity=310, charge_period_start_date="2026-03-20")
    assert "310 of 1,936 included in the fee" in row


def test_what_a_contract_includes_is_for_all_apps_together():
    """P0: an app's line cannot tell which part is its own."""
    row, cell = included("statement", quantity=310)
    assert "5,000 included in the fee, for all apps together" in row
    assert cell == ""


def test_a_line_tells_no_included_units_where_there_are_none_or_what_its_tiers_contradict():
    for none in ("0.000000", None):
        assert "included" not in included(quantity=310, included_units=none)[0]
    taken = [samples.tier(1, "7.000000", "14.000000", "0.000000", "98.0000")]
    row, cell = included(quantity=310, tiers=taken)
    assert "310 of 5,000" not in row
    assert cell == ""
    assert "included" not in included(quantity=-310, charge_class="correction")[0]


def test_a_top_up_is_paid_and_a_credit_note_asks_for_nothing():
    top_up, credit, void = (Page(render.issued_page(each)) for each in (TOP_UP, CREDIT, VOID))
    assert figures(top_up)["amount-due"] == 0
    assert "Paid: the payment of order o2 has cleared" in top_up.text
    assert "Corrects" in credit.text
    assert "zoe-2026-03" in credit.text
    assert "In your favour 11,90" in credit.text
    assert "Reason: Billed twice" in void.text
    for read in (top_up, credit, void):
        assert "IBAN" not in read.text
        assert "Due on" not in read.text


def test_a_draft_says_that_it_is_one_and_asks_for_nothing():
    page = render.issued_page(DRAFT)
    assert '<div class="stamp" aria-hidden="true"></div>' in page
    read = Page(page)
    assert "This is a draft, not a request for payment" in read.text
    assert "IBAN" not in read.text
    assert "Ledger entry" not in read.text
    assert "stamp" not in {
        attributes.get("class") for _, attributes in Page(render.issued_page(INVOICE)).elements
    }


def test_in_the_console_a_line_leads_to_where_it_comes_from():
    assert "../lines/x.html#line-3" in Page(render.issued_page(INVOICE, "../lines/x.html")).addresses()
    assert set(Page(render.issued_page(INVOICE)).addresses()) == {"data:,"}


def seats(kind: str) -> Document:
    tiers = [samples.tier(1, "4711.000000", "2.000000", "0.000000", "9422.000000000000")] * 2
    charged = line("agent_seats", "9422.0000", quantity=4711, unit_price="2.000000", tiers=tiers)
    content = samples.body("zoe-2026-03", [charged], [], customer=samples.customer(locale="en"))
    return document(kind, "STM-1", content)


def test_a_statement_tells_no_count_of_agents():
    """R16."""
    assert "4,711" in render.issued_page(seats("invoice"))
    assert "4711" in exports.document_csv(seats("invoice"))
    for text in (render.issued_page(seats("statement")), exports.document_csv(seats("statement"))):
        assert not re.search(r"4[,.]?711", text)
    assert "by contract" in render.issued_page(seats("statement"))


def called(name: str) -> Body:
    content = samples.march() | {"customer": samples.customer(name, name, name), "order_id": name}
    content |= {"seller": samples.SELLER | dict.fromkeys(("legal_name", "address", "bank_details"), name)}
    content["lines"][0] |= {"app_name": name, "plan_id": name, "plan_name": name}
    content["usage"] = [each | {"app_name": name} for each in samples.USAGE]
    return content | {"reason": name, "corrects_number": name}


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "\ud800"])
def test_a_page_is_whole_in_one_file_whatever_anyone_is_called(name: str):
    read = Page(render.issued_page(document("invoice", "INV-1", called(name))))
    assert set(read.addresses()) == {"data:,"}
    assert not read.tags() & {"script", "img", "iframe", "form"}
    assert "\u202e" not in read.text
    assert not any(key.startswith("on") for _, attributes in read.elements for key in attributes)


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "\ud800"])
def test_no_cell_is_a_formula(name: str):
    made = document("invoice", "INV-1", called(name))
    for row in csv.reader(io.StringIO(exports.document_csv(made), newline="")):
        for cell in row:
            assert not re.match(r"[=+@\t\r\n]|-(?!\d)", cell)


def test_a_document_that_does_not_add_up_has_no_page():
    with pytest.raises(models.FiguresDisagreeError, match="taxes do not add up"):
        document("invoice", "INV-1", samples.march() | {"taxes": []})
    assert replace(INVOICE, kind="void").title == "Cancellation"


# PDF

needs_pdf = pytest.mark.skipif(pdf.missing() is not None, reason=str(pdf.missing()))


def text_of(made: bytes) -> str:
    import pypdf  # noqa: PLC0415

    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages)


@needs_pdf
def test_a_pdf_is_the_same_whenever_it_is_made_and_has_the_day_of_issue():
    import pypdf  # noqa: PLC0415

    page = render.issued_page(ENGLISH)
    made = pdf.pdf(page)
    assert made == pdf.pdf(page)
    reader = pypdf.PdfReader(io.BytesIO(made))
    assert reader.metadata["/CreationDate"] == reader.metadata["/ModDate"] == "D:20260404"
    assert reader.metadata["/Title"] == "Invoice INV-acme-2026-000002: Zoë GmbH"
    assert float(reader.pages[0].mediabox.width) == pytest.approx(595.3, abs=0.1)


@needs_pdf
def test_the_totals_of_a_pdf_are_those_of_the_ledger():
    text = text_of(pdf.pdf(render.issued_page(ENGLISH)))
    for label, amount in (
        ("Subtotal", "423.00"), ("Tax", "76.41"), ("Total", "499.41"), ("Less payments", "0.00"),
        ("Amount due", "499.41"),
    ):  # fmt: skip
        assert re.search(rf"^{label} {re.escape(amount)}$", text, re.MULTILINE), label
    assert re.search("Page 1 of [23]", text)
    assert text.count("INV-acme-2026-000002") >= 3  # in the foot of each page too


@needs_pdf
def test_a_letter_of_seven_lines_has_its_number_unbroken_and_its_totals_on_the_first_page():
    import pypdf  # noqa: PLC0415

    lines = [line("usage_sessions", "1.0000", plan_name="Advanced", tiers=[]) for _ in range(7)]
    content = samples.body(
        "zoe-2026-03", lines, [tax("S", "19.0000", "7.0000", "1.3300")], usage=samples.USAGE,
        customer=samples.customer(locale="en"),
    )  # fmt: skip
    made = pdf.pdf(render.issued_page(document("invoice", "INV-quarterhour-2026-000007", content)), "Letter")
    first = pypdf.PdfReader(io.BytesIO(made)).pages[0].extract_text()
    assert re.search("^(Number )?INV-quarterhour-2026-000007$", first.partition("Issued")[0], re.MULTILINE)
    assert re.search("^Amount due 8.33$", first, re.MULTILINE)


@needs_pdf
def test_a_pdf_fetches_nothing_and_survives_any_name():
    name = '</title><img src="http://198.51.100.7/x.png" onerror="alert(1)"><script>alert(1)</script>\u202e'
    made = pdf.pdf(render.issued_page(document("invoice", "INV-1", called(name + "x" * 300))), "Letter")
    assert b"/JavaScript" not in made
    assert b"/URI" not in made
    assert "alert(1)" in text_of(made)


def test_the_paper_is_the_countrys():
    assert [pdf.paper_of(each) for each in ("US", "MX", "DE", None)] == ["Letter", "Letter", "A4", "A4"]


def test_where_weasyprint_is_missing_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    pdf._weasyprint.cache_clear()
    try:
        assert pdf.missing() == "no PDFs: WeasyPrint is not installed: pip install 'quarterhour[pdf]'"
        with pytest.raises(pdf.PdfError, match="pip install"):
            pdf.pdf("<p>")
    finally:
        pdf._weasyprint.cache_clear()


def test_taxes_of_a_category_of_the_operators_own_stand_for_themselves():
    made = document(
        "invoice", "INV-1", samples.body("z-2026-03", [line("credit", "1.0000")], [tax("X", "0", "1", "0")])
    )
    assert made.tax_words == ()


def test_a_standard_rate_of_nothing_is_not_called_a_standard_rate():
    taxes = [tax("S", "0", "1", "0")]
    made = document("invoice", "INV-1", samples.body("z-2026-03", [line("credit", "1.0000")], taxes))
    assert made.tax_words == (("S", "no tax is charged to this account"),)
    assert dict(INVOICE.tax_words)["S"] == "standard rate"


def test_a_draft_says_until_when_it_counts_on_the_customers_clock():
    assert "01.04.2026, 05:30:00" in Page(render.issued_page(DRAFT)).text
