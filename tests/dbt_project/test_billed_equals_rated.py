"""The check that nothing is billed twice or never (I3): what it finds, and what may not cancel."""

import duckdb
import pytest

from orchestration.dbt import project

RATED = [("acme", "2026-01-01", "EUR", 10), ("acme", "2026-02-01", "USD", 20)]
"""Account, month, currency and amount as rated now; the account changed its currency (P0)."""


def found(billed: list[tuple[str, str | None, str, int]]) -> set[tuple[str, str, int]]:
    """Month, currency and difference of each row that the check returns for what was billed."""
    (check,) = (node for node in project().nodes if node.name == "assert_billed_equals_rated")
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; use warehouse")
        columns = "account_id varchar, month_date date, currency varchar"
        connection.execute(f"create table int_account_months ({columns})")
        connection.execute(
            "create table int_lines_discounted (account_id varchar, month_date date, amount decimal(18, 4))"
        )
        connection.execute(f"create table invoice_line_items ({columns}, amount decimal(18, 4))")
        for account, month, currency, amount in RATED:
            connection.execute("insert into int_account_months values (?, ?, ?)", [account, month, currency])
            connection.execute("insert into int_lines_discounted values (?, ?, ?)", [account, month, amount])
        for line in billed:
            connection.execute("insert into invoice_line_items values (?, ?, ?, ?)", line)
        rows = connection.execute(
            f"select cast(month_date as varchar), currency, cast(unbilled_amount as int) from ({check.sql})"
        )
        return set(rows.fetchall())


def test_what_is_billed_as_it_is_rated_is_no_finding() -> None:
    """Also in parts, and beside a top-up, which has no month."""
    parts = [("acme", "2026-01-01", "EUR", 15), ("acme", "2026-01-01", "EUR", -5)]
    assert found([*parts, RATED[1], ("acme", None, "USD", 50)]) == set()


@pytest.mark.parametrize(
    ("billed", "differences"),
    [
        ([("acme", "2026-01-01", "USD", 10)], {("2026-01-01", "EUR", 10), ("2026-01-01", "USD", -10)}),
        ([("acme", "2026-02-01", "EUR", 10)], {("2026-01-01", "EUR", 10), ("2026-02-01", "EUR", -10)}),
        ([("acme", "2026-01-01", "EUR", 9), ("acme", "2026-02-01", "USD", 1)],
         {("2026-01-01", "EUR", 1), ("2026-02-01", "USD", -1)}),
    ],
)  # fmt: skip
def test_errors_of_two_months_or_currencies_do_not_cancel(
    billed: list[tuple[str, str | None, str, int]], differences: set[tuple[str, str, int]]
) -> None:
    assert found([*billed, RATED[1]]) == differences
