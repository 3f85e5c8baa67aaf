-- Every charge with what its price says. A part of a month has its part of the units that the fee includes
-- (begun units whole) and of the bounds of what is spent; a flat charge its part of the fee (P6).
with usage_charges as (
    select * from {{ ref('int_usage_charges') }}
),

fee_charges as (
    select * from {{ ref('int_fee_charges') }}
    where unrated_reason is null
),

prices as (
    select * from {{ ref('int_account_prices') }}
),

discounts as (
    select * from {{ ref('int_discounts') }}
    where discount_kind = 'percent'
),

months as (
    select * from {{ ref('int_account_months') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

charges as (
    select
        account_id,
        app_id,
        month_date,
        'usage' as charge_kind,
        metric,
        price_id,
        cast(1 as integer) as sign,
        quantity,
        charge_period_start_date as discount_date,
        charge_period_start_date,
        charge_period_end_date,
        cast(charge_period_end_date - charge_period_start_date as integer) as days,
        cast(next_month_date - month_date as integer) as period_days
    from usage_charges
    union all
    select
        account_id,
        app_id,
        month_date,
        'fee' as charge_kind,
        metric,
        price_id,
        sign,
        quantity,
        discount_date,
        charge_period_start_date,
        charge_period_end_date,
        charged_days as days,
        period_days
    from fee_charges
),

-- A metric's price may be split by a contract's: any of the parts says what it is.
price_terms as (
    select distinct on (account_id, price_id) *
    from prices
    order by account_id, price_id, from_date
),

percents as (
    select
        charges.account_id,
        charges.app_id,
        charges.metric,
        charges.price_id,
        charges.sign,
        charges.charge_period_start_date,
        cast(least(sum(discounts.percent), 100) as decimal(9, 4)) as percent_discount
    from charges
    inner join discounts
        on
            charges.account_id = discounts.account_id
            and coalesce(discounts.app_id, charges.app_id) is not distinct from charges.app_id
            and coalesce(discounts.metric, charges.metric) = charges.metric
            and charges.discount_date >= discounts.from_date
            and charges.discount_date < discounts.until_date
    group by all
),

described as (
    select
        cast(
            to_json([
                charges.account_id,
                charges.app_id,
                strftime(charges.month_date, '%Y-%m'),
                charges.metric,
                charges.price_id,
                strftime(charges.charge_period_start_date, '%Y-%m-%d'),
                cast(charges.sign as varchar)
            ]) as varchar
        ) as charge_id,
        charges.account_id,
        charges.app_id,
        charges.month_date,
        charges.charge_kind,
        charges.metric,
        charges.price_id,
        charges.sign,
        charges.quantity,
        charges.charge_period_start_date,
        charges.charge_period_end_date,
        price_terms.plan_id,
        price_terms.plan_version,
        price_terms.plan_kind,
        price_terms.charge_model,
        price_terms.package_size,
        price_terms.is_flat_fee_due_at_zero,
        price_terms.tax_category,
        currencies.minor_unit,
        case
            when charges.charge_kind = 'fee' or charges.days = charges.period_days
                then cast(price_terms.included_units as decimal(18, 6))
            else {{ begun_units('price_terms.included_units', 'charges.days', 'charges.period_days') }}
        end as included_units,
        {% for bound in ['minimum_spend', 'maximum_spend'] -%}
            case
                when charges.days = charges.period_days
                    then cast(price_terms.{{ bound }} as decimal(18, 6))
                else cast(
                    {{ prorated('price_terms.' ~ bound, 'charges.days', 'charges.period_days', 'currencies.minor_unit') }}
                    as decimal(18, 6)
                )
            end as {{ bound }},
        {% endfor -%}
        case when charges.charge_kind = 'fee' or price_terms.charge_model = 'flat' then charges.days else 1 end
            as charged_days,
        case
            when charges.charge_kind = 'fee' or price_terms.charge_model = 'flat' then charges.period_days else 1
        end as period_days,
        coalesce(percents.percent_discount, 0) as percent_discount
    from charges
    inner join price_terms
        on charges.account_id = price_terms.account_id and charges.price_id = price_terms.price_id
    inner join months on charges.account_id = months.account_id and charges.month_date = months.month_date
    inner join currencies on months.currency = currencies.currency
    left join percents
        on
            charges.account_id = percents.account_id
            and charges.app_id is not distinct from percents.app_id
            and charges.metric = percents.metric
            and charges.price_id = percents.price_id
            and charges.sign = percents.sign
            and charges.charge_period_start_date = percents.charge_period_start_date
)

select * from described
