"""The check that warns of payments that no document asks for."""

import duckdb
import pytest

from orchestration.dbt import project

DOCUMENTS = [("acme", "INV-1", "month", 10), ("acme", "INV-2", "top_up", 10), ("acme", "CRN-1", "credit", -4)]


@pytest.mark.parametrize(
    ("account", "number", "is_reversed", "is_found"),
    [
        ("acme", "INV-1", False, False),
        ("acme", "INV-2", False, True),
        ("acme", "CRN-1", False, True),
        ("acme", "INV-9", False, True),
        ("acme", "INV-9", True, False),
        ("bolt", "INV-1", False, True),
    ],
)
def test_a_payment_is_found_where_no_document_of_its_account_asks_for_it(
    account: str, number: str, is_reversed: bool, is_found: bool
) -> None:
    (check,) = (node for node in project().nodes if node.name == "assert_payments_are_of_documents")
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; use warehouse")
        connection.execute(
            "create table invoices as select *, invoice_number as invoice_id from (values "
            + ", ".join(map(str, DOCUMENTS))
            + ") as documents (account_id, invoice_number, document_class, total)"
        )
        connection.execute(
            "create table int_payments as select $1 as account_id, 'p' as payment_id, "
            "$2 as invoice_number, $3 as is_reversed",
            [account, number, is_reversed],
        )
        assert bool(connection.execute(check.sql).fetchall()) is is_found
