-- What is rated: each charge on its period's total, prepaid charges on every day's total to date (P10), and charges
-- in force on what their usage is expected to come to.
with described as (
    select * from {{ ref('int_charges_described') }}
),

wallet_days as (
    select * from {{ ref('int_wallet_days') }}
),

forecasts as (
    select * from {{ ref('int_usage_forecasts') }}
    where charge_id is not null and no_forecast_reason is null
),

charges as (
    select
        charge_id,
        price_id,
        charge_model,
        cast(quantity as decimal(18, 6)) as quantity,
        package_size,
        included_units,
        percent_discount,
        minimum_spend,
        maximum_spend,
        minor_unit,
        charged_days,
        period_days,
        is_flat_fee_due_at_zero
    from described
    union all
    select
        wallet_days.wallet_charge_id as charge_id,
        described.price_id,
        described.charge_model,
        cast(wallet_days.quantity as decimal(18, 6)) as quantity,
        described.package_size,
        described.included_units,
        described.percent_discount,
        described.minimum_spend,
        described.maximum_spend,
        described.minor_unit,
        described.charged_days,
        described.period_days,
        described.is_flat_fee_due_at_zero
    from wallet_days
    inner join described on wallet_days.charge_id = described.charge_id
    {% for bound in ['expected', 'low', 'high'] -%}
        union all
        select
            {{ forecast_charge_id('forecasts.charge_id', bound) }} as charge_id,
            described.price_id,
            described.charge_model,
            cast(forecasts.{{ bound }}_units as decimal(18, 6)) as quantity,
            described.package_size,
            described.included_units,
            described.percent_discount,
            described.minimum_spend,
            described.maximum_spend,
            described.minor_unit,
            described.charged_days,
            described.period_days,
            described.is_flat_fee_due_at_zero
        from forecasts
        inner join described on forecasts.charge_id = described.charge_id
    {% endfor -%}
)

select * from charges
