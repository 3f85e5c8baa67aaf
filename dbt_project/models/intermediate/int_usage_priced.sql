-- The usage of a day beside the price in force that day: the app's own subscription, else the
-- account's contract (P0). What finds no price says why.
with usage_days as (
    select * from {{ ref('usage_daily') }}
),

subscriptions as (
    select * from {{ ref('int_subscription_periods') }}
),

prices as (
    select * from {{ ref('int_prices') }}
),

months as (
    select * from {{ ref('int_account_months') }}
),

plan_currencies as (
    select distinct
        plan_id,
        currency
    from prices
),

quantities as (
    {% for metric in ['billing_sessions', 'usage_sessions', 'request_sessions', 'alert_sessions', 'voice_sessions'] -%}
        select
            account_id,
            app_id,
            usage_date,
            '{{ metric }}' as metric,
            {{ metric }} as quantity
        from usage_days
        where {{ metric }} > 0
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}
),

subscribed as (
    select
        quantities.*,
        coalesce(own.plan_id, contract.plan_id) as plan_id,
        case when own.plan_id is not null then own.from_date else contract.from_date end as subscription_from_date,
        case when own.plan_id is not null then own.until_date else contract.until_date end as subscription_until_date
    from quantities
    left join subscriptions as own
        on
            quantities.account_id = own.account_id
            and quantities.app_id = own.app_id
            and quantities.usage_date >= own.from_date
            and quantities.usage_date < own.until_date
    left join subscriptions as contract
        on
            quantities.account_id = contract.account_id
            and contract.app_id is null
            and quantities.usage_date >= contract.from_date
            and quantities.usage_date < contract.until_date
),

priced as (
    select
        subscribed.account_id,
        subscribed.app_id,
        subscribed.usage_date,
        months.month_date,
        subscribed.metric,
        subscribed.quantity,
        subscribed.plan_id,
        prices.plan_version,
        prices.charge_model,
        prices.unit_price,
        greatest(months.month_date, subscribed.subscription_from_date, prices.from_date) as charge_period_start_date,
        least(months.next_month_date, subscribed.subscription_until_date, prices.until_date)
            as charge_period_end_date,
        case
            when subscribed.plan_id is null then 'no subscription'
            when plan_currencies.currency != months.currency
                then 'priced in another currency than the account''s'
            when prices.plan_id is null then 'not priced by the plan'
        end as unrated_reason
    from subscribed
    inner join months
        on
            subscribed.account_id = months.account_id
            and {{ month_of('subscribed.usage_date') }} = months.month_date
    left join plan_currencies on subscribed.plan_id = plan_currencies.plan_id
    left join prices
        on
            subscribed.plan_id = prices.plan_id
            and subscribed.metric = prices.metric
            and subscribed.usage_date >= prices.from_date
            and subscribed.usage_date < prices.until_date
)

select * from priced
