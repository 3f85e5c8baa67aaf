"""The operator's index from hand-made marts: what is of the month, what is open, and what to look at."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from orchestration.console.index import index_file
from orchestration.console.reading import accounts_of
from reports.models import index_page as page

MEASURES = """
    billing_sessions bigint, usage_sessions bigint, request_sessions bigint, alert_sessions bigint,
    voice_sessions bigint, proactive_notifications bigint, agent_seats bigint, provisional_sessions bigint
"""
TABLES = f"""
create table int_watermark as select timestamptz '2026-03-21 00:00:00+00' as watermark_at;
create table accounts (account_id varchar, account_name varchar, zone varchar, currency varchar,
    account_kind varchar, locale varchar);
create table usage_account_monthly (account_id varchar, usage_month_date date, {MEASURES});
create table usage_account_daily (account_id varchar, usage_date date, {MEASURES});
create table invoices (account_id varchar, invoice_month date, document_class varchar, document_kind varchar,
    invoice_number varchar, seller_id varchar, status varchar, currency varchar, issue_date date,
    due_date date, corrects_invoice_id varchar, has_lines boolean, total decimal(18, 4),
    amount_due decimal(18, 4));
create table sellers (seller_id varchar, zone varchar);
create table wallets (account_id varchar, app_id varchar, currency varchar, is_current boolean,
    balance decimal(18, 4), balance_status varchar);
create table file_ledger (stream varchar, arrival_day date, file varchar, account_id varchar, rows bigint,
    accepted bigint, duplicate bigint, superseded bigint, excluded bigint, quarantined bigint,
    problem varchar);
create table quarantine_reasons (stream varchar, account_id varchar, arrival_month date, reason varchar,
    rows bigint);
create table account_event_refusals (account_id varchar, event_id varchar);
insert into accounts values
    ('acme', 'Acme', 'America/New_York', 'USD', 'standard', 'en_US'),
    ('ent', 'Enterprise', 'UTC', 'USD', 'enterprise', 'en_US');
insert into sellers values ('west', 'America/Los_Angeles');
"""


@pytest.fixture
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(TABLES)
        yield connection


def shown(marts: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> page.OperatorIndex:
    """The dataclass that the page is made of."""
    found: list[page.OperatorIndex] = []

    def catch(_: str, page: page.OperatorIndex) -> str:
        found.append(page)
        return ""

    monkeypatch.setattr("orchestration.console.index.render.operator_page", catch)
    index_file(marts, accounts_of(marts))
    return found[0]


def entry(
    marts: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, account_id: str = "acme"
) -> page.IndexEntry:
    index = shown(marts, monkeypatch)
    return next(each for each in index.entries if each.account.account_id == account_id)


Marts = duckdb.DuckDBPyConnection
Patch = pytest.MonkeyPatch


def test_the_month_is_that_of_the_last_day_that_arrived(marts: Marts, monkeypatch: Patch) -> None:
    marts.execute("update int_watermark set watermark_at = timestamptz '2026-04-01 00:00:00+00'")
    index = shown(marts, monkeypatch)
    assert (index.month, index.data_through) == (date(2026, 3, 1), date(2026, 3, 31))


def test_before_anything_has_arrived_there_is_no_month(marts: Marts, monkeypatch: Patch) -> None:
    marts.execute("update int_watermark set watermark_at = null")
    index = shown(marts, monkeypatch)
    assert (index.month, index.data_through) == (None, None)
    assert [(each.measures, each.trend, each.attentions) for each in index.entries] == [(None, (), ())] * 2


def test_figures_are_the_month_s_and_the_shape_has_the_last_complete_days(
    marts: Marts, monkeypatch: Patch
) -> None:
    """In New York the watermark lies within 20 March: the last complete day is the 19th."""
    marts.execute("""
        insert into usage_account_monthly values
            ('acme', '2026-02-01', 9, 9, 0, 0, 0, 0, 9, 0), ('acme', '2026-03-01', 7, 7, 0, 0, 1, 0, 5, 2),
            ('ent', '2026-03-01', 1, 1, 0, 0, 0, 0, 50, 0);
        insert into usage_account_daily values
            ('acme', '2026-02-18', 4, 4, 0, 0, 0, 0, 0, 0), ('acme', '2026-03-19', 3, 3, 0, 0, 0, 0, 0, 0),
            ('acme', '2026-03-20', 8, 8, 0, 0, 0, 0, 0, 0);
    """)
    acme = entry(marts, monkeypatch)
    assert acme.measures
    assert (acme.measures.billing_sessions, acme.agents) == (7, 5)
    assert acme.trend == (4, *[0] * 28, 3)
    enterprise = entry(marts, monkeypatch, "ent")
    assert enterprise.measures
    assert enterprise.measures.agent_seats == 0


def test_documents_of_the_month_what_was_issued_last_and_what_is_open(
    marts: Marts, monkeypatch: Patch
) -> None:
    """A seller in the west: there it is the 20th, and what is due on the 20th is in time."""
    marts.execute("""
        insert into invoices values
            ('acme', '2026-03-01', 'month', 'invoice', null, null, 'draft', 'USD', null,
                null, null, true, 5, 5),
            ('acme', '2026-02-01', 'month', 'invoice', 'INV-2', 'west', 'issued', 'USD', '2026-03-04',
                '2026-03-20', null, true, 100, 90),
            ('acme', '2026-01-01', 'month', 'invoice', 'INV-1', 'west', 'issued', 'USD', '2026-02-04',
                '2026-03-19', null, true, 40, 40),
            ('acme', '2026-01-01', 'month', 'invoice', 'INV-0', 'west', 'issued', 'EUR', '2026-02-04',
                '2026-03-01', null, true, 40, 0),
            ('acme', '2026-03-01', 'credit', 'credit_note', 'CRN-1', 'west', 'issued', 'USD', '2026-03-10',
                '2026-04-10', 'acme-2026-02', true, -10, -10),
            ('ent', '2026-03-01', 'month', 'statement', null, null, 'draft', 'USD', null,
                null, null, false, 0, 0);
    """)
    acme = entry(marts, monkeypatch)
    assert acme.document == page.MonthDocument("USD", Decimal(5), "draft", None)
    assert acme.last_issued == page.LastIssued("CRN-1", date(2026, 3, 10))
    assert acme.open_amounts == (page.OpenAmount("USD", Decimal(130), Decimal(40)),)
    enterprise = entry(marts, monkeypatch, "ent")
    assert (enterprise.document, enterprise.last_issued, enterprise.open_amounts) == (None, None, ())


def test_everything_that_a_person_should_look_at(marts: Marts, monkeypatch: Patch) -> None:
    marts.execute("""
        insert into file_ledger values
            ('interactions', '2026-03-02', 'a', 'acme', 5, 3, 0, 0, 0, 2, null),
            ('interactions', '2026-03-02', 'a', '', 1, 0, 0, 0, 0, 1, 'gzip ends early'),
            ('interactions', '2026-03-03', 'b', 'acme', 2, 1, 0, 0, 0, 0, null),
            ('interactions', '2026-02-02', 'c', 'acme', 9, 0, 0, 0, 0, 9, 'long ago');
        insert into account_event_refusals values ('acme', 'e1'), ('acme', 'e2');
        insert into invoices values ('acme', '2026-02-01', 'month', 'invoice', null, null, 'due', 'USD', null,
            null, null, true, 5, 5);
        insert into wallets values
            ('acme', 'a', 'USD', true, -1, 'Inactive'), ('acme', 'b', 'USD', true, 0, 'Inactive'),
            ('acme', 'c', 'USD', true, 5, 'Low balance'), ('acme', 'd', 'USD', true, 500, 'Sufficient funds'),
            ('acme', 'e', 'EUR', false, -9, 'Inactive');
    """)
    assert [(each.text, each.is_bad) for each in entry(marts, monkeypatch).attentions] == [
        ("1 file does not balance", True),
        ("1 document waits", True),
        ("1 wallet below zero", True),
        ("1 wallet empty", False),
        ("1 wallet low", False),
        ("2 rows quarantined", False),
        ("1 file warning", False),
        ("2 events refused", False),
    ]


def test_what_is_overdue_is_to_be_looked_at_and_leads_to_the_documents(
    marts: Marts, monkeypatch: Patch
) -> None:
    """By the seller's day: in the west it is the 20th. A credit note or a draft is never late."""
    marts.execute("""
        insert into invoices values
            ('acme', '2026-02-01', 'month', 'invoice', 'INV-3', 'west', 'issued', 'USD', '2026-03-04',
                '2026-03-20', null, true, 100, 90),
            ('acme', '2026-01-01', 'month', 'invoice', 'INV-2', 'west', 'issued', 'USD', '2026-02-04',
                '2026-03-19', null, true, 40, 40),
            ('acme', '2025-12-01', 'month', 'invoice', 'INV-1', 'west', 'issued', 'EUR', '2026-01-04',
                '2026-02-04', null, true, 40, 10),
            ('acme', '2025-11-01', 'month', 'invoice', 'INV-0', 'west', 'issued', 'USD', '2025-12-04',
                '2026-01-04', null, true, 40, 0),
            ('acme', '2026-02-01', 'credit', 'credit_note', 'CRN-1', 'west', 'issued', 'USD', '2026-02-10',
                '2026-02-10', 'acme-2026-01', true, -10, -10),
            ('acme', '2026-03-01', 'month', 'invoice', null, null, 'draft', 'USD', null,
                null, null, true, 5, 5),
            ('ent', '2026-01-01', 'month', 'statement', 'STM-1', null, 'issued', 'USD', '2026-02-04',
                '2026-03-20', null, true, 7, 7);
    """)
    assert entry(marts, monkeypatch).attentions == (
        page.Attention("2 documents overdue", is_bad=True, file="orders.html"),
    )
    assert entry(marts, monkeypatch, "ent").attentions == (
        page.Attention("1 document overdue", is_bad=True, file="statements.html"),
    )


def test_of_many_reasons_and_files_only_the_first_are_told_one_by_one(
    marts: Marts, monkeypatch: Patch
) -> None:
    marts.execute("""
        insert into quarantine_reasons
            select 'alerts', 'acme', '2026-03-01', 'reason ' || number, 100 - number from range(40) t(number);
        insert into file_ledger
            select 'alerts', '2026-03-02', format('{:03}', number), '', 1, 1, 0, 0, 0, 0, 'torn'
            from range(40) t(number);
    """)
    ledger = shown(marts, monkeypatch).ledger
    assert len(ledger.reasons) == 26
    assert sum(reason.rows for reason in ledger.reasons) == sum(100 - number for number in range(40))
    assert [reason.rows for reason in ledger.reasons if reason.reason == "other reasons"] == [
        sum(100 - number for number in range(25, 40))
    ]
    assert len(ledger.warnings) == 26
    assert (ledger.warnings[-1].file, ledger.warnings[-1].problem) == ("and more", "15 files")
