-- Usage of the running period against what it includes, and what it comes to at its end: the units at the present
-- pace, and what the rating of every invoice makes of so many (P2). A volume price may ask less for more units, so the
-- bounds of the amount are the least and the most of the three.
with forecasts as (
    select * from {{ ref('int_usage_forecasts') }}
),

rated as (
    select * from {{ ref('int_rated_charges') }}
),

months as (
    select * from {{ ref('int_account_months') }}
),

amounts as (
    select
        forecasts.*,
        months.currency,
        expected.amount as expected_amount,
        least(low.amount, expected.amount, high.amount) as low_amount,
        greatest(low.amount, expected.amount, high.amount) as high_amount
    from forecasts
    left join months on forecasts.account_id = months.account_id and forecasts.month_date = months.month_date
    {% for bound in ['expected', 'low', 'high'] -%}
        left join rated as {{ bound }}
            on {{ forecast_charge_id('forecasts.charge_id', bound) }} = {{ bound }}.charge_id
    {% endfor -%}
),

described as (
    select
        account_id,
        app_id,
        metric,
        plan_id,
        charge_model,
        period_start_date,
        period_end_date,
        through_date,
        remaining_days,
        cast(included_units as bigint) as included_units,
        used_units,
        greatest(used_units - cast(included_units as bigint), 0) as excess_units,
        observed_days,
        expected_units,
        low_units,
        high_units,
        currency,
        expected_amount,
        low_amount,
        high_amount,
        no_forecast_reason
    from amounts
)

select * from described
order by account_id, app_id, metric
