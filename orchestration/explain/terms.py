"""What the marts say of a line's charge beyond the line: its price's bounds, its contract's commitment."""

from dataclasses import replace
from typing import Any

import duckdb

from reports.line_steps import Terms

_TERMS = """
    with charges as (
        select
            charge_model = 'flat' as is_flat,
            plan_kind = 'enterprise' as is_pooled,
            minimum_spend,
            maximum_spend
        from int_charges_described
        where
            account_id = $account_id and metric = $metric and price_id = $price_id
            and charge_period_start_date = $start::date
        order by sign desc
        limit 1
    ),

    commitments as (
        select
            committed_amount as committed,
            used_amount as used,
            overage_factor
        from int_commitments
        where
            $metric = 'minimum_commitment'
            and commitment_id = cast(to_json([$account_id, $app_id, $start]) as varchar)
    )

    select
        currencies.minor_unit,
        coalesce(charges.is_flat, false) as is_flat,
        coalesce(charges.is_pooled, false) as is_pooled,
        charges.minimum_spend,
        charges.maximum_spend,
        commitments.committed,
        commitments.used,
        commitments.overage_factor
    from currencies
    left join charges on true
    left join commitments on true
    where currencies.currency = $currency
"""
_PERCENTS = """
    select
        price_id,
        max(percent_discount) as percent_discount
    from int_charges_described
    where
        account_id = $account_id and charge_kind = 'usage'
        and charge_period_start_date >= $start::date and charge_period_start_date < $end::date
    group by price_id
"""


def terms_of_line(warehouse: duckdb.DuckDBPyConnection, line: dict[str, Any], currency: str) -> Terms:
    """The terms by which an issued line's charge is rated now."""
    names = ("account_id", "app_id", "metric", "price_id")
    asked = {name: line[name] for name in names} | {
        "start": line["charge_period_start_date"],
        "currency": currency,
    }
    row = warehouse.execute(_TERMS, asked).fetchone()
    assert row is not None  # a document is issued in a currency that has a minor unit
    if line["metric"] != "minimum_commitment":
        return Terms(*row)
    period = {"start": line["charge_period_start_date"], "end": line["charge_period_end_date"]}
    percents = warehouse.execute(_PERCENTS, {"account_id": line["account_id"], **period}).fetchall()
    return replace(Terms(*row), percents=dict(percents))
