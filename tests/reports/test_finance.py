"""What finance reads: CSV by golden lines, debits against credits, pages read back (P5, P9, P10, I3, I4)."""

import csv
import io
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import finance
from reports.finance import Chart, OpenDocument, PaidDraw, guarded
from tests.reports import issued_samples as samples
from tests.reports.issued_samples import Body, document, line, tax

INVOICE = document("invoice", "INV-acme-2026-000002", samples.march())
TOP_UP = document("invoice", "INV-acme-2026-000003", samples.top_up())
CREDIT = document("credit_note", "CRN-acme-2026-000001", samples.credit_note())
NUMBERS = {"zoe-2026-02": "INV-acme-2026-000001", "zoe-2026-03": INVOICE.number}


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def amounts(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


# Register


def test_the_register_has_one_line_per_document():
    assert finance.register([INVOICE, TOP_UP, CREDIT], NUMBERS) == "\r\n".join([
        "number,kind,issue_date,due_date,customer,net,tax,total,currency,corrects,customer_id",
        "INV-acme-2026-000002,invoice,2026-04-04,2026-05-04,Zoë GmbH,423.00,76.41,499.41,EUR,"
        "INV-acme-2026-000001,zoe",
        "INV-acme-2026-000003,invoice,2026-04-04,2026-05-04,Zoë GmbH,100.00,19.00,119.00,EUR,,zoe",
        "CRN-acme-2026-000001,credit_note,2026-04-04,2026-05-04,Zoë GmbH,-10.00,-1.90,-11.90,EUR,"
        "INV-acme-2026-000002,zoe",
        "",
    ])  # fmt: skip


@pytest.mark.parametrize("kind", ["credit_note", "void"])
def test_the_register_names_what_is_corrected_once_by_its_number(kind: str):
    """A line of an entry names its document by id and by number; two rates of tax are two lines."""
    named = {"line_kind": "credit", "corrects_document_id": "zoe-2026-03", "corrects_number": INVOICE.number}
    lines = [line("credit", "-10.0000", **named), line("credit", "-5.0000", tax_category="AA", **named)]
    content = samples.credit_note() | {"lines": lines, "corrects_number": INVOICE.number}
    content |= {"subtotal": "-15.0000", "total": "-16.9000"}
    (row,) = rows_of(finance.register([document(kind, "CRN-1", content)], NUMBERS))
    assert row["corrects"] == INVOICE.number


@pytest.mark.parametrize(("currency", "net"), [("JPY", "-1200"), ("USD", "-1200.00"), ("KWD", "-1200.000")])
def test_amounts_have_the_minor_unit_of_their_currency(currency: str, net: str):
    content = samples.body("zoe-2026-03", [line("credit", "-1200.0000")], [], currency=currency)
    (row,) = rows_of(finance.register([document("credit_note", "CRN-1", content)], {}))
    assert (row["net"], row["total"], row["currency"]) == (net, net, currency)


# Journal


def test_the_journal_of_an_invoice_a_top_up_and_a_credit_note():
    postings = [
        posting
        for each in (INVOICE, TOP_UP, CREDIT)
        for posting in finance.document_postings(each, Chart(), frozenset({TOP_UP.document_id}))
    ]
    zoe, march, april = "Zoë GmbH (zoe)", "2026-03-01 to 2026-03-31", "2026-04-01 to 2026-04-30"
    first, second, third = (f"{each.number},2026-04-04" for each in (INVOICE, TOP_UP, CREDIT))
    assert finance.journal(postings) == "\r\n".join([
        "document_number,booking_date,account_code,account_name,debit,credit,currency,text",
        f"{first},1100,Trade receivables,499.41,,EUR,{zoe}",
        f"{first},4000,Revenue: billing sessions,3.50,,EUR,{zoe}: 2026-02-01 to 2026-02-28",
        f"{first},4000,Revenue: billing sessions,,94.50,EUR,{zoe}: {march}",
        f"{first},4010,Revenue: voice sessions,,20.00,EUR,{zoe}: {march}",
        f"{first},4020,Revenue: agent seats,,33.00,EUR,{zoe}: {april}",
        f"{first},4030,Revenue: base fees,,279.00,EUR,{zoe}: {april}",
        f'{first},2290,"Tax payable, category AA",,2.31,EUR,{zoe}: 7 % on 33.00',
        f'{first},2200,"Tax payable, category S",,74.10,EUR,{zoe}: 19 % on 390.00',
        f"{second},1100,Trade receivables,119.00,,EUR,{zoe}",
        f"{second},2150,Customer prepayments,,100.00,EUR,{zoe}: {march}",
        f'{second},2200,"Tax payable, category S",,19.00,EUR,{zoe}: 19 % on 100.00',
        f"{third},1100,Trade receivables,,11.90,EUR,{zoe}",
        f"{third},4080,Revenue: credits granted,10.00,,EUR,{zoe}: {march}",
        f'{third},2200,"Tax payable, category S",1.90,,EUR,{zoe}: 19 % on -10.00',
        "",
    ])  # fmt: skip


def test_what_a_credit_note_takes_from_a_top_up_is_owed_no_longer():
    credit = document("credit_note", "CRN-1", samples.credit_note(TOP_UP.document_id))
    postings = finance.document_postings(credit, Chart(), frozenset({TOP_UP.document_id}))
    assert [(each.code, each.amount) for each in postings[:2]] == [
        ("1100", Decimal("-11.90")),
        ("2150", Decimal("10.00")),
    ]


def test_draws_turn_prepayments_into_revenue_and_back():
    day, month = date(2026, 4, 4), date(2026, 3, 1)
    draws = [
        PaidDraw("draws/2026-04-04/0", day, "zoe", "shop", month, "EUR", Decimal("30.00")),
        PaidDraw("draws/2026-04-04/0", day, "zoe", "shop", date(2026, 2, 1), "EUR", Decimal("-4.00")),
        PaidDraw("draws/2026-04-04/0", day, "zoe", "shop", date(2026, 1, 1), "EUR", Decimal(0)),
    ]
    place = "draws/2026-04-04/0,2026-04-04"
    assert finance.journal(finance.draw_postings(draws, Chart())).splitlines()[1:] == [
        f"{place},2150,Customer prepayments,30.00,,EUR,zoe shop: usage of 2026-03",
        f"{place},4050,Revenue: prepaid usage,,30.00,EUR,zoe shop: usage of 2026-03",
        f"{place},2150,Customer prepayments,,4.00,EUR,zoe shop: usage of 2026-02",
        f"{place},4050,Revenue: prepaid usage,4.00,,EUR,zoe shop: usage of 2026-02",
    ]


CENTS = st.integers(-(10**9), 10**9).map(lambda cents: f"{Decimal(cents).scaleb(-2):.4f}")
METRICS = st.sampled_from(["usage_sessions", "voice_sessions", "base_fee", "credit", "of another time"])
TAXES = st.builds(tax, st.sampled_from("SAZ"), st.just("19.0000"), CENTS, CENTS)


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    """Any document that adds up, above or below zero."""
    lines = draw(st.lists(st.builds(line, METRICS, CENTS), max_size=6))
    document_class = draw(st.sampled_from(["month", "top_up"]))
    return samples.body("zoe", lines, draw(st.lists(TAXES, max_size=3)), document_class=document_class)


@given(st.lists(bodies(), max_size=4))
def test_each_documents_debits_are_its_credits(contents: list[Body]):
    documents = [document("invoice", f"INV-{n}", content) for n, content in enumerate(contents)]
    postings = [each for made in documents for each in finance.document_postings(made, Chart())]
    balances: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    receivable: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of(finance.journal(postings)):
        debit, credit = (Decimal(row[side] or 0) for side in ("debit", "credit"))
        assert min(debit, credit) == 0 < max(debit, credit)
        balances[row["document_number"], row["currency"]] += debit - credit
        if row["account_code"] == "1100":
            receivable[row["document_number"]] += debit - credit
    assert not any(balances.values())
    assert all(receivable[each.number] == each.invoice.total for each in documents)


def test_account_codes_are_the_operators():
    chart = Chart(
        receivables="1400",
        revenue={**finance.REVENUE_CODES, "seats": "8400"},
        tax={"S": "1776", "other": "1"},
    )
    codes = {each.code for each in finance.document_postings(INVOICE, chart)}
    assert codes == {"1400", "4000", "4010", "8400", "4030", "1776", "1"}


# Receivables


@pytest.mark.parametrize(
    ("as_of", "days", "age"),
    [
        (date(2026, 5, 4), 0, "not_due"),
        (date(2026, 5, 5), 1, "overdue_1_30"),
        (date(2026, 6, 3), 30, "overdue_1_30"),
        (date(2026, 6, 4), 31, "overdue_31_60"),
        (date(2026, 7, 3), 60, "overdue_31_60"),
        (date(2026, 7, 4), 61, "overdue_61_90"),
        (date(2026, 8, 2), 90, "overdue_61_90"),
        (date(2026, 8, 3), 91, "overdue_over_90"),
        (date(2030, 1, 1), 1338, "overdue_over_90"),
    ],
)
def test_the_amount_due_stands_below_its_age(as_of: date, days: int, age: str):
    item = OpenDocument(INVOICE, as_of, Decimal("11.90"), Decimal("100"), Decimal("387.51"))
    (row,) = rows_of(finance.receivables([item]))
    assert (row["total"], row["credited"], row["paid"], row["amount_due"]) == (
        "499.41",
        "11.90",
        "100.00",
        "387.51",
    )
    assert row["days_overdue"] == str(days)
    ages = {name: row[name] for name in row if name == "not_due" or name.startswith("overdue")}
    assert {name: amount for name, amount in ages.items() if amount} == {age: "387.51"}


# Formulas and quoting


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_text_begins_a_formula_and_no_number_is_changed(start: str):
    name = f'{start}cmd|"/C calc", 1'
    content = samples.body("zoe-2026-03", [line("credit", "-5.0000")], [], customer=samples.customer(name))
    made = document("credit_note", "CRN-1", content)
    (registered,) = rows_of(finance.register([made], {}))
    assert (registered["customer"], registered["net"]) == (f"'{name}", "-5.00")
    for posting in rows_of(finance.journal(finance.document_postings(made, Chart()))):
        assert posting["text"].startswith(f"'{name}")
    open_document = OpenDocument(made, date(2026, 5, 1), Decimal(0), Decimal(0), Decimal("-5"))
    (received,) = rows_of(finance.receivables([open_document]))
    assert (received["customer"], received["not_due"]) == (f"'{name}", "-5.00")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_is_read_back_as_it_was_written(name: str):
    content = samples.body("zoe-2026-03", [], [], customer=samples.customer(f"x{name}"))
    text = finance.register([document("invoice", "INV-1", content)], {})
    assert text.encode().decode() == text
    assert [row["customer"] for row in rows_of(text)] == [f"x{name}"]


def test_ordinary_names_are_left_alone():
    assert [guarded(name) for name in ("Zoë GmbH", "'x", " =1", "3M", "")] == [
        "Zoë GmbH",
        "'x",
        " =1",
        "3M",
        "",
    ]
