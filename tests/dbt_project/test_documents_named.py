"""The checks that warn of payments, and of requests for credit, that no document allows."""

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from orchestration.dbt import project

DOCUMENTS = [
    # account, document, class, what it corrects, day of issue, total
    ("acme", "INV-1", "month", None, "2026-02-05", 10),
    ("acme", "INV-2", "top_up", None, "2026-02-05", 10),
    ("acme", "INV-3", "month", None, "2026-02-05", 10),
    ("acme", "CRN-1", "credit", "INV-1", "2026-02-20", -4),
    ("acme", "VOI-1", "credit", "INV-3", "2026-02-20", -10),
]
DOCUMENT_COLUMNS = (
    "account_id varchar, invoice_id varchar, document_class varchar, corrects_invoice_id varchar,"
    " issue_date date, total decimal(18, 4), invoice_number varchar, subtotal decimal(18, 4), status varchar"
)


def is_found(check: str, table: str, row: dict[str, object]) -> bool:
    """Whether a check returns the one row of a table, beside the documents."""
    (node,) = (node for node in project().nodes if node.name == check)
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; use warehouse")
        connection.execute(f"create table invoices ({DOCUMENT_COLUMNS})")
        for document in DOCUMENTS:
            number, total = document[1], document[-1]
            connection.execute(
                "insert into invoices values (?, ?, ?, ?, ?, ?, ?, ?, 'issued')", [*document, number, total]
            )
        columns = ", ".join(f"${name} as {name}" for name in row)
        connection.execute(f"create table {table} as select {columns}", row)
        return bool(connection.execute(node.sql).fetchall())


@pytest.mark.parametrize(
    ("account", "number", "amount", "day", "found"),
    [
        ("acme", "INV-1", "10", 10, False),
        ("acme", "INV-1", "10.01", 10, True),
        ("acme", "INV-1", "6", 20, False),
        ("acme", "INV-1", "6.01", 20, True),
        ("acme", "INV-3", "10", 19, False),
        ("acme", "INV-3", "0.01", 20, True),
        ("acme", "INV-2", "1", 20, True),
        ("acme", "CRN-1", "1", 20, True),
        ("acme", "INV-9", "1", 20, True),
        ("bolt", "INV-1", "1", 20, True),
    ],
)
def test_a_payment_is_found_that_no_document_of_its_account_asked_for(
    account: str, number: str, amount: str, day: int, found: bool
) -> None:
    payment = {
        "account_id": account, "payment_id": "p", "invoice_number": number, "amount": Decimal(amount),
        "paid_date": date(2026, 2, day), "is_reversed": False,
    }  # fmt: skip
    check = "assert_payments_are_of_documents"
    assert is_found(check, "int_payments", payment) is found
    assert not is_found(check, "int_payments", payment | {"is_reversed": True})


@pytest.mark.parametrize(
    ("account", "number", "found"),
    [
        ("acme", "INV-1", False),
        ("acme", "INV-2", False),
        ("acme", "INV-3", True),
        ("acme", "VOI-1", True),
        ("acme", "INV-9", True),
        ("bolt", "INV-1", True),
    ],
)
def test_a_request_for_credit_is_found_that_comes_to_nothing(account: str, number: str, found: bool) -> None:
    request = {"account_id": account, "request_id": "r", "invoice_number": number}
    assert is_found("assert_credits_are_of_documents", "int_credit_notes_requested", request) is found
