-- P4: usage is rated on the period's total per subscription and metric. A part of a month under one
-- price is a period of its own; a charge stands there without usage too, as it may have a minimum.
with subscription_months as (
    select * from {{ ref('int_subscription_months') }}
),

prices as (
    select * from {{ ref('int_account_prices') }}
    where metric not in ('base_fee', 'agent_seats')
),

usage_subscribed as (
    select * from {{ ref('int_usage_subscribed') }}
    where unrated_reason is null
),

periods as (
    select
        subscription_months.account_id,
        subscription_months.app_id,
        subscription_months.month_date,
        subscription_months.next_month_date,
        prices.metric,
        prices.plan_id,
        prices.price_id,
        prices.charge_model,
        greatest(subscription_months.from_date, prices.from_date) as charge_period_start_date,
        least(subscription_months.until_date, prices.until_date) as charge_period_end_date
    from subscription_months
    inner join prices
        on
            subscription_months.account_id = prices.account_id
            and subscription_months.plan_id = prices.plan_id
            and subscription_months.from_date < prices.until_date
            and subscription_months.until_date > prices.from_date
    where subscription_months.currency = coalesce(prices.currency, subscription_months.currency)
),

charges as (
    select
        periods.account_id,
        periods.app_id,
        periods.month_date,
        periods.next_month_date,
        periods.metric,
        periods.plan_id,
        periods.price_id,
        periods.charge_model,
        periods.charge_period_start_date,
        periods.charge_period_end_date,
        cast(coalesce(sum(usage_subscribed.quantity), 0) as bigint) as quantity
    from periods
    left join usage_subscribed
        on
            periods.account_id = usage_subscribed.account_id
            and periods.app_id is not distinct from usage_subscribed.subscribed_app_id
            and periods.metric = usage_subscribed.metric
            and periods.price_id = usage_subscribed.price_id
            and periods.charge_period_start_date <= usage_subscribed.usage_date
            and periods.charge_period_end_date > usage_subscribed.usage_date
    group by all
)

select * from charges
