"""Rows of the warehouse, as the console's sections read them: all accounts at once."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import duckdb

from reports.models import Account

Row = dict[str, Any]


def rows(warehouse: duckdb.DuckDBPyConnection, query: str, values: Sequence[object] = ()) -> Iterator[Row]:
    """The rows of a query, by column name."""
    cursor = warehouse.execute(query, values)
    columns = [column[0] for column in cursor.description or []]
    while batch := cursor.fetchmany(10_000):
        yield from (dict(zip(columns, row, strict=True)) for row in batch)


def grouped(warehouse: duckdb.DuckDBPyConnection, query: str, *by: str) -> defaultdict[Any, list[Row]]:
    """The rows of a query by one column, or by several as a tuple; the query says in which order."""
    groups: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows(warehouse, query):
        groups[row[by[0]] if len(by) == 1 else tuple(row[name] for name in by)].append(row)
    return groups


def watermark_of(warehouse: duckdb.DuckDBPyConnection) -> datetime | None:
    """The instant up to which the logs have arrived (R13)."""
    found: datetime | None = next(rows(warehouse, "select watermark_at from int_watermark"))["watermark_at"]
    return found


def accounts_of(warehouse: duckdb.DuckDBPyConnection) -> list[Account]:
    """All accounts, in the order of their names."""
    watermark = watermark_of(warehouse)
    found = [
        Account(
            account_id=row["account_id"],
            name=row["account_name"] or "",
            zone=row["zone"],
            currency=row["currency"],
            kind=row["account_kind"],
            locale=row["locale"] or "",
            watermark=watermark,
        )
        for row in rows(warehouse, "from accounts")
    ]
    return sorted(found, key=lambda account: (account.shown_name.casefold(), account.account_id))
