-- Nothing vanishes: usage and fees that no charge rates, each with its reason.
with usage_subscribed as (
    select * from {{ ref('int_usage_subscribed') }}
),

fee_charges as (
    select * from {{ ref('int_fee_charges') }}
),

-- The parts of a sum that is priced are charged with it, and the other way round (P1).
charged_as_sum as (
    select
        account_id,
        app_id,
        usage_date
    from usage_subscribed
    where metric = 'billing_sessions' and unrated_reason is null
),

unrated as (
    select
        usage_subscribed.account_id,
        usage_subscribed.app_id,
        usage_subscribed.month_date as usage_month_date,
        usage_subscribed.metric,
        usage_subscribed.unrated_reason,
        cast(sum(usage_subscribed.quantity) as bigint) as quantity
    from usage_subscribed
    left join charged_as_sum
        on
            usage_subscribed.account_id = charged_as_sum.account_id
            and usage_subscribed.app_id = charged_as_sum.app_id
            and usage_subscribed.usage_date = charged_as_sum.usage_date
            and usage_subscribed.metric != 'voice_sessions'
    where
        usage_subscribed.unrated_reason is not null
        and usage_subscribed.metric != 'billing_sessions'
        and charged_as_sum.usage_date is null
    group by all
    union all
    select
        account_id,
        app_id,
        month_date as usage_month_date,
        metric,
        unrated_reason,
        cast(sum(sign * quantity) as bigint) as quantity
    from fee_charges
    where unrated_reason is not null
    group by all
)

select * from unrated
order by account_id, app_id, usage_month_date, metric, unrated_reason
