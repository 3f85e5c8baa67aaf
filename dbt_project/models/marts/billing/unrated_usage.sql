-- Nothing vanishes: usage and fees that no invoice line charges, each with its reason.
with usage_priced as (
    select * from {{ ref('int_usage_priced') }}
),

fees_priced as (
    select * from {{ ref('int_fees_priced') }}
),

-- The parts of a sum that is priced are charged with it, and the other way round (P1).
charged_as_sum as (
    select
        account_id,
        app_id,
        usage_date
    from usage_priced
    where metric = 'billing_sessions' and unrated_reason is null
),

unrated as (
    select
        usage_priced.account_id,
        usage_priced.app_id,
        usage_priced.month_date as usage_month_date,
        usage_priced.metric,
        usage_priced.unrated_reason,
        cast(sum(usage_priced.quantity) as bigint) as quantity
    from usage_priced
    left join charged_as_sum
        on
            usage_priced.account_id = charged_as_sum.account_id
            and usage_priced.app_id = charged_as_sum.app_id
            and usage_priced.usage_date = charged_as_sum.usage_date
            and usage_priced.metric != 'voice_sessions'
    where
        usage_priced.unrated_reason is not null
        and usage_priced.metric != 'billing_sessions'
        and charged_as_sum.usage_date is null
    group by all
    union all
    select
        account_id,
        app_id,
        month_date as usage_month_date,
        metric,
        unrated_reason,
        quantity
    from fees_priced
    where unrated_reason is not null
)

select * from unrated
order by account_id, app_id, usage_month_date, metric, unrated_reason
