import base64
import hashlib
import re
from dataclasses import astuple, replace
from datetime import date
from decimal import Decimal

import pytest

from reports import formats, models, render
from tests.reports import samples
from tests.reports.html import Page, count
from tests.reports.test_names import HOSTILE

ENTERPRISE = replace(samples.BANK, kind="enterprise")


def all_pages(account: models.Account) -> dict[str, str]:
    page = samples.month_page(account)
    month = page.summary()
    row = models.IndexRow(account, (month,), month)
    return {
        "usage": render.usage_page(page),
        "document": render.document_page(page),
        "account": render.account_page(models.AccountPage(account, (month,))),
        "index": render.index_page(models.IndexPage(page.month, date(1999, 2, 28), (row,), samples.ledger())),
    }


def shown(measures: models.Measures) -> list[int]:
    """The order of the usage tables' columns."""
    m = measures
    parts = [m.billing_sessions, m.usage_sessions, m.request_sessions, m.alert_sessions]
    return [*parts, m.voice_sessions, m.proactive_notifications, m.agent_seats, m.provisional_sessions]


def test_the_usage_tables_read_back_are_the_figures():
    page = samples.month_page()
    tables = Page(render.usage_page(page)).tables
    days, apps = tables["days"][2:], tables["apps"][2:]
    assert [[count(cell) for cell in row[1:]] for row in days[:-1]] == [
        shown(day.measures) for day in page.usage.days
    ]
    assert [[count(cell) for cell in row[1:]] for row in apps[:-1]] == [
        shown(app.measures) for app in page.usage.apps
    ]
    assert [count(cell) for cell in days[-1][1:]] == shown(page.usage.total)
    assert [count(cell) for cell in apps[-1][1:]] == shown(page.usage.total)
    for column in (*range(1, 7), 8):  # agents are a maximum
        assert sum(count(row[column]) for row in days[:-1]) == count(days[-1][column])


def test_the_invoice_read_back_adds_up():
    page = samples.month_page()
    invoice = page.invoice
    assert invoice is not None
    read = Page(render.document_page(page))
    amounts = [Decimal(row[-1].replace(",", "")) for row in read.tables["lines"][1:]]
    sums = {
        key: Decimal(read.texts[key].replace(",", "")) for key in ("subtotal", "tax", "total", "amount-due")
    }
    assert sum(amounts) == sums["subtotal"] == invoice.subtotal
    assert sums["subtotal"] + sums["tax"] == sums["total"] == invoice.total
    assert sums["amount-due"] == invoice.amount_due
    assert read.tables["lines"][2] == [
        "Billing sessions Plan growth",
        "Private banking",
        "1–28 Feb 1999",
        "33,043",
        "0.0325",
        "1,073.90",
    ]
    assert "Draft" in read.text
    assert "1–31 Mar 1999" in read.text  # fees are in advance (P4)


@pytest.mark.parametrize("page", ["usage", "document"])
@pytest.mark.parametrize("account", [samples.BANK, ENTERPRISE])
def test_the_foot_has_the_fate_of_every_row(page: str, account: models.Account):
    read = Page(all_pages(account)[page])
    rows = next(table for table in read.tables.values() if table[0][0] == "Stream" and len(table[0]) > 3)
    ledger = samples.ledger()
    assert ledger.unattributed is not None
    for cells, line in zip(rows[1:], (*ledger.lines, ledger.total, ledger.unattributed), strict=True):
        figures = [count(cell) for cell in cells[1:7]]
        assert figures == list(astuple(line)[1:])
        assert figures[0] == sum(figures[1:])
    assert "leg ends before it starts" in read.text
    assert "gzip ends early" in read.text


def test_rows_that_do_not_balance_are_pointed_out():
    page = samples.month_page()
    lost = models.LedgerLine("alerts", 10, 8, 0, 0, 0, 1)
    page = replace(page, ledger=models.Ledger((lost,)))
    assert "Does not balance" in render.usage_page(page)
    assert not page.summary().is_balanced


def test_an_enterprise_account_sees_a_statement_and_neither_agents_nor_money():
    pages = all_pages(ENTERPRISE)
    for page in ("usage", "document", "account"):
        read = Page(pages[page])
        assert not re.search(r"agents? (count|seats)|Agents(?! )|\bUSD \d", read.text), page
        assert "Invoice" not in read.text
    read = Page(pages["document"])
    assert "Usage statement" in read.text
    total = samples.busy_month().total
    assert [count(cell) for cell in read.tables["lines"][-1][1:]] == [
        total.usage_sessions,
        total.request_sessions,
        total.alert_sessions,
        total.billing_sessions,
        total.voice_sessions,
    ]


def test_provisional_sessions_stand_apart():
    page = samples.month_page()
    total = page.usage.total
    assert total.billing_sessions == total.usage_sessions + total.request_sessions + total.alert_sessions
    assert "37" in Page(render.usage_page(page)).texts["days"]
    assert "37 sessions of conversations that are not complete" in Page(render.document_page(page)).text


@pytest.mark.parametrize("account", [samples.BANK, ENTERPRISE])
def test_nothing_is_requested_and_nothing_runs(account: models.Account):
    for text in all_pages(account).values():
        read = Page(text)
        assert not read.tags() & {"script", "iframe", "object", "embed", "img", "form", "base"}
        assert all(
            address == "data:," or address.startswith("#") or re.fullmatch(r"[\w./-]+\.html", address)
            for address in read.addresses()
        ), read.addresses()
        assert "url(" not in text
        assert not any(key.startswith("on") or key == "style" for _, keys in read.elements for key in keys)


def test_the_policy_lets_in_the_one_stylesheet():
    text = render.usage_page(samples.month_page())
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:" in text


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "\ud800"])
def test_a_hostile_name_is_only_ever_text(name: str):
    account = models.Account(name, name, "Asia/Kuwait", "KWD")
    tame = all_pages(models.Account("tame", "Tame", "Asia/Kuwait", "KWD"))
    page = samples.month_page()
    usage = replace(page.usage, apps=tuple(replace(app, name=name, app_id=name) for app in page.usage.apps))
    assert page.invoice is not None
    lines = tuple(
        replace(line, app_id=name, app_name=name, plan_id=name, amount=line.amount)
        for line in page.invoice.lines
    )
    ledger = models.Ledger(
        reasons=(models.QuarantineReason(name, name, 1),), warnings=(models.FileWarning(name, name),)
    )
    hostile = replace(
        page,
        account=account,
        usage=usage,
        ledger=ledger,
        invoice=replace(page.invoice, lines=lines, invoice_id=name),
    )
    texts = [*all_pages(account).values(), render.usage_page(hostile), render.document_page(hostile)]
    allowed = set().union(*(Page(text).tags() for text in tame.values()))
    for text in texts:
        assert Page(text).tags() <= allowed
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00]", text)


def test_a_page_that_does_not_add_up_is_refused():
    page = samples.month_page()
    with pytest.raises(models.FiguresDisagreeError, match="by day"):
        replace(page.usage, days=page.usage.days[1:])
    with pytest.raises(models.FiguresDisagreeError, match="highest day"):
        replace(page.usage, total=replace(page.usage.total, agent_seats=99))
    assert page.invoice is not None
    with pytest.raises(models.FiguresDisagreeError, match="add up"):
        replace(page.invoice, subtotal=Decimal("1.00"))
    with pytest.raises(models.FiguresDisagreeError, match="is not"):
        replace(page.invoice, total=Decimal("1.00"))


def test_a_month_says_how_far_it_has_come():
    page = samples.month_page()
    assert "Month complete" in render.usage_page(page)
    to_date = replace(page, usage=replace(page.usage, data_through=date(1999, 2, 27)))
    assert "data through 27 Feb 1999" in render.usage_page(to_date)
    unbegun = replace(page, usage=replace(page.usage, data_through=date(1999, 1, 31)))
    assert "No complete day yet" in render.usage_page(unbegun)


def test_a_month_without_a_plan_has_no_invoice():
    page = replace(samples.month_page(), invoice=None)
    assert "No plan charges this account" in Page(render.document_page(page)).text


def test_what_no_line_charges_is_listed():
    page = samples.month_page()
    unrated = models.UnratedUsage("ivr-NE", "", "voice_sessions", Decimal(12), "the plan has no price for it")
    assert page.invoice is not None
    page = replace(page, invoice=replace(page.invoice, unrated=(unrated,)))
    read = Page(render.document_page(page))
    assert "Not charged" in read.text
    assert ["ivr-NE", "Voice sessions", "12", "the plan has no price for it"] in [
        row for table in read.tables.values() for row in table
    ]


def test_the_index_never_adds_currencies_together():
    month = samples.month_page().summary()
    rows = tuple(
        models.IndexRow(account, (summary,), summary)
        for account, summary in (
            (samples.BANK, month),
            (models.Account("b", "B", "UTC", "USD"), month),
            (
                models.Account("c", "C", "UTC", "JPY"),
                replace(month, currency="JPY", draft_total=Decimal(500)),
            ),
        )
    )
    page = models.IndexPage(month.month, date(1999, 2, 28), rows, samples.ledger())
    assert page.draft_totals == (("JPY", Decimal(500)), ("USD", Decimal("4452.78")))
    assert page.total.billing_sessions == 3 * month.total.billing_sessions
    read = Page(render.index_page(page))
    assert [count(row[1]) for row in read.tables["accounts-table"][1:]] == [month.total.billing_sessions] * 3
    assert "JPY 500 USD 4,452.78" in " ".join(read.texts["content"].split())
    assert formats.number(page.total.voice_sessions) in read.text


def test_a_refused_account_event_is_visible():
    page = samples.month_page()
    event = models.RefusedEvent(date(1999, 2, 3), "plan_subscribed", "the plan is not priced in USD")
    text = Page(render.account_page(models.AccountPage(page.account, (page.summary(),), (event,)))).text
    assert "Plan subscribed" in text
    assert "the plan is not priced in USD" in text
