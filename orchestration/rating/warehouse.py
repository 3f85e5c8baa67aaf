"""The rating models on rows that are given: a warehouse for the time of one run."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration import dbt
from orchestration.rating.inputs import (
    Charge,
    Question,
    Rated,
    RatedCharge,
    RatedCommitment,
    RatedDocument,
    RatedLine,
    RatedTax,
    RatedTier,
)

MODELS = (
    "int_rated_tiers", "int_rated_charges", "int_rated_commitments",
    "int_discounted_lines", "int_document_taxes", "int_document_totals",
)  # fmt: skip

_UNITS, _MONEY = "decimal(18, 6)", "decimal(26, 12)"
_INPUTS = {
    "int_charges": {
        "charge_id": "varchar", "charge_model": "varchar", "quantity": _UNITS, "package_size": _UNITS,
        "included_units": _UNITS, "percent_discount": "decimal(9, 4)", "minimum_spend": _MONEY,
        "maximum_spend": _MONEY, "minor_unit": "integer", "charged_days": "integer", "period_days": "integer",
        "is_flat_fee_due_at_zero": "boolean",
    },
    "int_charge_tiers": {
        "charge_id": "varchar", "tier_number": "integer", "up_to": _UNITS, "unit_price": _MONEY,
        "flat_fee": _MONEY,
    },
    "int_commitments": {
        "commitment_id": "varchar", "committed_amount": _MONEY, "used_amount": _MONEY,
        "overage_factor": "decimal(18, 6)", "minor_unit": "integer", "is_period_over": "boolean",
    },
    "case_lines": {
        "document_id": "varchar", "line_key": "integer", "charge_id": "varchar", "tax_category": "varchar",
        "tax_rate": "decimal(9, 4)",
    },
    "case_discounts": {"document_id": "varchar", "amount": _MONEY},
}  # fmt: skip

_BETWEEN = """
create table int_rated_charges (charge_id varchar, minor_unit integer, amount decimal(18, 4));
create view int_document_lines as
select
    case_lines.document_id, case_lines.line_key, case_lines.tax_category, case_lines.tax_rate,
    int_rated_charges.amount, int_rated_charges.minor_unit
from case_lines
inner join int_rated_charges on case_lines.charge_id = int_rated_charges.charge_id;

create view int_document_discounts as
select document_id, cast(amount as decimal(18, 4)) as amount from case_discounts;

create table int_discounted_lines (
    document_id varchar, tax_category varchar, tax_rate decimal(9, 4), minor_unit integer,
    amount decimal(18, 4), discount_share decimal(18, 4), net_amount decimal(18, 4)
);
create view int_taxable_lines as
select document_id, tax_category, tax_rate, minor_unit, amount, discount_share, net_amount
from int_discounted_lines;
"""
"""What lies between the rating models in production too: lines are rated charges, and discounted ones are
taxed. The views read what the run puts in the places of the empty tables."""


def rate(questions: Sequence[Question]) -> list[Rated]:
    """What the models make of each question, all in one run."""
    rows, ids = _rows(questions)
    with tempfile.TemporaryDirectory(prefix="quarterhour-rate-") as folder:
        warehouse = Path(folder) / dbt.WAREHOUSE
        with duckdb.connect(str(warehouse)) as connection:
            for table, columns in _INPUTS.items():
                _create(connection, table, columns, rows[table])
            connection.execute(_BETWEEN)
        dbt.build_untested(warehouse, " ".join(MODELS))
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return _results(connection, ids)


_Ids = list[dict[str, list[str]]]


def _rows(questions: Iterable[Question]) -> tuple[dict[str, list[tuple[Any, ...]]], _Ids]:
    """Rows by table, and the ids that each question's charges, commitments and documents got."""
    rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    ids: _Ids = []
    for question in questions:
        own: dict[str, list[str]] = {
            "charges": [_charge_rows(rows, charge) for charge in question.charges],
            "commitments": [],
            "documents": [],
        }
        for commitment in question.commitments:
            own["commitments"].append(str(len(rows["int_commitments"])))
            rows["int_commitments"].append((
                own["commitments"][-1], commitment.committed_amount, commitment.used_amount,
                commitment.overage_factor, commitment.minor_unit, commitment.is_period_over,
            ))  # fmt: skip
        for document in question.documents:
            document_id = f"{len(ids)}/{len(own['documents'])}"
            own["documents"].append(document_id)
            for place, line in enumerate(document.lines):
                charge_id = _charge_rows(rows, line.charge)
                rows["case_lines"].append((document_id, place, charge_id, line.category, line.tax_rate))
            rows["case_discounts"] += [(document_id, amount) for amount in document.discounts]
        ids.append(own)
    return rows, ids


def _charge_rows(rows: dict[str, list[tuple[Any, ...]]], charge: Charge) -> str:
    charge_id = str(len(rows["int_charges"]))
    rows["int_charges"].append((
        charge_id, charge.charge_model, charge.quantity, charge.package_size, charge.included_units,
        charge.percent_discount, charge.minimum_spend, charge.maximum_spend, charge.minor_unit,
        charge.charged_days, charge.period_days, charge.is_flat_fee_due_at_zero,
    ))  # fmt: skip
    rows["int_charge_tiers"] += [
        (charge_id, number, tier.up_to, tier.unit_price, tier.flat_fee)
        for number, tier in enumerate(charge.tiers, start=1)
    ]
    return charge_id


def _create(
    connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], rows: list[tuple[Any, ...]]
) -> None:
    """A table of the rows; numbers travel as text, so that none becomes a float."""
    listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(f"create table {table} ({listed})")
    if rows:
        cast = ", ".join(f"cast(unnest(cast(? as varchar[])) as {kind})" for kind in columns.values())
        texts = [[_text(value) for value in column] for column in zip(*rows, strict=True)]
        connection.execute(f"insert into {table} select {cast}", texts)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _results(connection: duckdb.DuckDBPyConnection, ids: _Ids) -> list[Rated]:
    charges, documents = _charges(connection), _documents(connection)
    columns = "commitment_id, true_up_amount, overage_amount"
    commitments = {
        key: RatedCommitment(*row) for key, *row in _all(connection, columns, "int_rated_commitments")
    }
    return [
        Rated(
            tuple(charges[one] for one in own["charges"]),
            tuple(commitments[one] for one in own["commitments"]),
            tuple(documents[one] for one in own["documents"]),
        )
        for own in ids
    ]


def _charges(connection: duckdb.DuckDBPyConnection) -> dict[str, RatedCharge]:
    tiers: dict[str, list[RatedTier]] = defaultdict(list)
    columns = "charge_id, tier_number, quantity, unit_price, flat_fee, amount"
    for key, *row in _all(connection, columns, "int_rated_tiers", order="charge_id, tier_number"):
        tiers[key].append(RatedTier(*row))
    columns = "charge_id, gross_amount, discount_amount, spend_adjustment, amount"
    return {
        key: RatedCharge(gross, discount, adjustment, amount, tuple(tiers[key]))
        for key, gross, discount, adjustment, amount in _all(connection, columns, "int_rated_charges")
    }


def _documents(connection: duckdb.DuckDBPyConnection) -> dict[str, RatedDocument]:
    lines: dict[str, list[RatedLine]] = defaultdict(list)
    columns = "document_id, amount, discount_share, net_amount"
    for key, *row in _all(connection, columns, "int_discounted_lines", order="document_id, line_key"):
        lines[key].append(RatedLine(*row))
    taxes: dict[str, list[RatedTax]] = defaultdict(list)
    columns = "document_id, tax_category, tax_rate, taxable_amount, tax_amount"
    for key, *row in _all(connection, columns, "int_document_taxes", order="all"):
        taxes[key].append(RatedTax(*row))
    columns = "document_id, lines_amount, discount_amount, subtotal, tax, total"
    return {
        key: RatedDocument(amount, discount, subtotal, tax, total, tuple(lines[key]), tuple(taxes[key]))
        for key, amount, discount, subtotal, tax, total in _all(connection, columns, "int_document_totals")
    }


def _all(
    connection: duckdb.DuckDBPyConnection, columns: str, table: str, order: str = "all"
) -> list[tuple[Any, ...]]:
    return connection.execute(f"select {columns} from {table} order by {order}").fetchall()
