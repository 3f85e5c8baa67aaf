"""The operator's index from hand-made figures: golden page, figures read back, hostile names, shapes."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from reports import render
from reports.models import Account, FileWarning, Frame, Ledger, LedgerLine, Measures, QuarantineReason, Role
from reports.models.index_page import (
    Attention,
    CurrencyTotal,
    IndexEntry,
    LastIssued,
    MonthDocument,
    OpenAmount,
    OperatorIndex,
)
from reports.sparks import spark
from tests.reports.golden_files import as_it_was
from tests.reports.html import Page

WATERMARK = datetime(2026, 3, 21, tzinfo=UTC)
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "../../etc",
    "a\u202egnp.exe",
    "x" * 300,
]


def account(name: str, kind: str = "standard", currency: str = "EUR", zone: str = "Europe/Berlin") -> Account:
    return Account(name.casefold(), name, zone, currency, kind, watermark=WATERMARK)


def index(*entries: IndexEntry) -> OperatorIndex:
    rows = {"rows": 12, "accepted": 8, "duplicate": 1, "superseded": 1, "excluded": 1, "quarantined": 1}
    ledger = Ledger(
        (LedgerLine("interactions", **rows),),
        reasons=(QuarantineReason("interactions", 'kind: unknown value "<shrug>"', 1),),
        warnings=(FileWarning("interactions/2026-03-20/torn.jsonl.gz", "gzip ends early"),),
    )
    return OperatorIndex(date(2026, 3, 1), date(2026, 3, 20), entries, ledger)


def page_of(shown: OperatorIndex) -> str:
    return render.operator_page("console_index.html.jinja", page=shown)


ACME = IndexEntry(
    account("Acme"),
    Measures(1234, 1000, 200, 34, 56, 0, 7, 8),
    (0, 5, 10, 10),
    MonthDocument("EUR", Decimal("335.6200")),
    LastIssued("INV-seller-2026-000007", date(2026, 3, 5)),
    (OpenAmount("EUR", Decimal("1513.31"), Decimal("833.24")), OpenAmount("USD", Decimal("10.00"))),
    (Attention("1 document waits", True, "orders.html"), Attention("3 rows quarantined")),
)
GLOBEX = IndexEntry(
    account("Globex", "enterprise", "USD", "America/Los_Angeles"),
    Measures(2, 2, 0, 0, 0, 0, 99, 0),
    (1, 1),
    MonthDocument("USD", Decimal(500), "issued", "STM-seller-2026-000002"),
    LastIssued("STM-seller-2026-000002", date(2026, 3, 21)),
    (OpenAmount("USD", Decimal(500), Decimal(500)),),
)
NEW = IndexEntry(account("Newcomer", currency="JPY", zone="Asia/Tokyo"))


def test_the_page_is_as_it_was() -> None:
    as_it_was("console_index", page_of(index(ACME, GLOBEX, NEW)))


def test_without_accounts_it_says_how_they_come() -> None:
    page = Page(page_of(OperatorIndex(None, None, (), Ledger())))
    assert "No accounts yet" in page.text
    assert "Nothing has arrived yet" in page.text


def test_currencies_are_never_added_together() -> None:
    """P0; a document of the month is a draft or issued, and what is due is of all months."""
    assert index(ACME, GLOBEX, NEW).currencies == (
        CurrencyTotal("EUR", draft=Decimal("335.6200"), due=Decimal("1513.31"), overdue=Decimal("833.24")),
        CurrencyTotal("USD", issued=Decimal(500), due=Decimal("510.00"), overdue=Decimal(500)),
    )


def test_counts_of_all_accounts_leave_the_agents_out() -> None:
    shown = index(ACME, GLOBEX, NEW)
    assert (shown.total.billing_sessions, shown.total.provisional_sessions) == (1236, 8)
    assert shown.total.agent_seats == 0
    assert (shown.active, shown.to_look_at) == (2, 1)


def test_an_enterprise_account_is_shown_no_agents() -> None:
    """R16, and in the source neither."""
    assert "99" not in page_of(index(GLOBEX))
    assert GLOBEX.account.documents_file == "statements.html"


def test_each_account_leads_to_the_tree_of_each_role() -> None:
    addresses = Page(page_of(index(ACME))).addresses()
    folder = ACME.account.folder
    expected = {f"{folder}/{page}" for page in ("admin/usage.html", "admin/index.html", "shared/index.html")}
    assert expected | {f"{folder}/admin/orders.html"} <= set(addresses)
    assert not [address for address in addresses if "//" in address]


def test_amounts_can_be_read_back() -> None:
    page = page_of(index(ACME))
    for amount in ("335.6200", "1513.31", "1234"):
        assert f'<data value="{amount}">' in page
    assert "833.24 overdue" in page


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_only_names(name: str) -> None:
    page = Page(page_of(index(IndexEntry(account(name)))))
    assert page.tags().isdisjoint({"img", "iframe"})
    assert [attributes.get("src") for tag, attributes in page.elements if tag == "script"] == [
        "assets/index.js"
    ]
    assert "\u202e" not in page.text


def test_a_shape_keeps_its_place_and_its_height() -> None:
    drawn = spark((0, 5, 10), 5)
    assert (drawn.path, drawn.width, drawn.highest) == ("M0 23L1 12L2 1", 4, 10)
    assert spark((), 5).path == ""
    assert spark((3,), 5).path == "M0 1L1 1"
    assert spark((0, 0), 2).path == "M0 23L1 23"


@pytest.mark.parametrize("role", list(Role))
def test_the_entrance_leads_to_the_usage_and_runs_nothing(role: Role) -> None:
    frame = Frame(account("<b>"), role, "index.html")
    page = Page(render.console_page("entrance.html.jinja", frame))
    refresh = [found.get("content") for tag, found in page.elements if found.get("http-equiv") == "refresh"]
    assert refresh == ["0; url=usage.html"]
    assert page.tags().isdisjoint({"script", "b"})
