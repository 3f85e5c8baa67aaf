-- The usage of a day beside the price in force that day: the app's own subscription, else the
-- account's contract (P0). What finds no price says why.
with usage_days as (
    select * from {{ ref('usage_daily') }}
),

subscription_months as (
    select * from {{ ref('int_subscription_months') }}
),

prices as (
    select * from {{ ref('int_account_prices') }}
),

months as (
    select * from {{ ref('int_account_months') }}
),

plans as (
    select distinct
        plan_id,
        plan_kind,
        currency
    from {{ ref('plans') }}
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
        months.month_date,
        months.currency,
        own.app_id as subscribed_app_id,
        coalesce(own.plan_id, contract.plan_id) as plan_id
    from quantities
    inner join months
        on
            quantities.account_id = months.account_id
            and {{ month_of('quantities.usage_date') }} = months.month_date
    left join subscription_months as own
        on
            quantities.account_id = own.account_id
            and quantities.app_id = own.app_id
            and quantities.usage_date >= own.from_date
            and quantities.usage_date < own.until_date
    left join subscription_months as contract
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
        subscribed.month_date,
        subscribed.metric,
        subscribed.quantity,
        subscribed.subscribed_app_id,
        subscribed.plan_id,
        plans.plan_kind,
        prices.price_id,
        case
            when subscribed.plan_id is null then 'no subscription'
            when plans.currency != subscribed.currency then 'priced in another currency than the account''s'
            when prices.price_id is null then 'not priced by the plan'
        end as unrated_reason
    from subscribed
    left join plans on subscribed.plan_id = plans.plan_id
    left join prices
        on
            subscribed.account_id = prices.account_id
            and subscribed.plan_id = prices.plan_id
            and subscribed.metric = prices.metric
            and subscribed.usage_date >= prices.from_date
            and subscribed.usage_date < prices.until_date
)

select * from priced
