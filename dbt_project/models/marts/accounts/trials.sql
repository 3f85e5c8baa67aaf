-- P10: a trial's usage is shown against what it includes; what exceeds that is shown, not priced.
with periods as (
    select * from {{ ref('int_subscription_periods') }}
),

prices as (
    select * from {{ ref('int_prices') }}
    where plan_kind = 'trial' and metric = 'billing_sessions'
),

usage_days as (
    select * from {{ ref('usage_daily') }}
),

trials as (
    select
        periods.account_id,
        periods.app_id,
        periods.plan_id,
        periods.from_date,
        periods.until_date,
        cast(max(prices.included_units) as bigint) as included_sessions,
        cast(coalesce(sum(usage_days.billing_sessions), 0) as bigint) as used_sessions
    from periods
    inner join prices
        on
            periods.plan_id = prices.plan_id
            and periods.from_date >= prices.from_date
            and periods.from_date < prices.until_date
    left join usage_days
        on
            periods.account_id = usage_days.account_id
            and periods.app_id = usage_days.app_id
            and periods.from_date <= usage_days.usage_date
            and periods.until_date > usage_days.usage_date
    group by periods.account_id, periods.app_id, periods.plan_id, periods.from_date, periods.until_date
),

exceeded as (
    select
        *,
        greatest(used_sessions - included_sessions, 0) as excess_sessions
    from trials
)

select * from exceeded
order by account_id, app_id, from_date
