-- P4, P6: the fees of a month in advance, and for the rest of the month what a change adds: the new state
-- less the one before it, so that a change back takes nothing twice. Where the month before is in another
-- currency than the fee, its own month's invoice has it (P0).
with states as (
    select * from {{ ref('int_fee_states') }}
),

prices as (
    select * from {{ ref('int_account_prices') }}
    where metric in ('base_fee', 'agent_seats')
),

months as (
    select * from {{ ref('int_account_months') }}
),

priced as (
    select
        states.*,
        prices.price_id,
        prices.charge_model,
        prices.currency
    from states
    left join prices
        on
            states.account_id = prices.account_id
            and states.plan_id = prices.plan_id
            and states.metric = prices.metric
            and states.price_date >= prices.from_date
            and states.price_date < prices.until_date
            and (prices.unit_price is null or prices.unit_price > 0)
),

changes as (
    select
        *,
        lag(price_id) over before_it as previous_price_id,
        lag(plan_id) over before_it as previous_plan_id,
        lag(charge_model) over before_it as previous_charge_model,
        lag(quantity) over before_it as previous_quantity,
        lag(point_date) over before_it as previous_point_date
    from priced
    window before_it as (
        partition by account_id, app_id, metric, fee_month_date
        order by point_date
    )
),

signed as (
    select
        account_id,
        app_id,
        metric,
        plan_id,
        price_id,
        charge_model,
        1 as sign,
        quantity,
        point_date as discount_date,
        fee_month_date,
        fee_month_end_date,
        point_date,
        is_in_advance
    from changes
    where price_id is distinct from previous_price_id or quantity is distinct from previous_quantity
    union all
    select
        account_id,
        app_id,
        metric,
        previous_plan_id as plan_id,
        previous_price_id as price_id,
        previous_charge_model as charge_model,
        -1 as sign,
        previous_quantity as quantity,
        previous_point_date as discount_date,
        fee_month_date,
        fee_month_end_date,
        point_date,
        is_in_advance
    from changes
    where
        previous_price_id is not null
        and (price_id is distinct from previous_price_id or quantity is distinct from previous_quantity)
),

price_currencies as (
    select distinct
        account_id,
        price_id,
        currency
    from prices
),

placed as (
    select
        signed.*,
        price_currencies.currency,
        coalesce(earlier.month_date, signed.fee_month_date) as month_date
    from signed
    inner join price_currencies
        on signed.account_id = price_currencies.account_id and signed.price_id = price_currencies.price_id
    left join months as earlier
        on
            signed.is_in_advance
            and signed.account_id = earlier.account_id
            and price_currencies.currency = earlier.currency
            and signed.fee_month_date = earlier.next_month_date
    where signed.quantity > 0
),

due as (
    select
        signed.account_id,
        signed.app_id,
        months.month_date,
        signed.metric,
        signed.plan_id,
        signed.price_id,
        signed.charge_model,
        signed.sign,
        cast(signed.quantity as bigint) as quantity,
        signed.discount_date,
        signed.point_date as charge_period_start_date,
        signed.fee_month_end_date as charge_period_end_date,
        cast(signed.fee_month_end_date - signed.point_date as integer) as charged_days,
        cast(signed.fee_month_end_date - signed.fee_month_date as integer) as period_days,
        case
            when signed.currency != months.currency then 'priced in another currency than the account''s'
        end as unrated_reason
    from placed as signed
    inner join months on signed.account_id = months.account_id and signed.month_date = months.month_date
)

select * from due
