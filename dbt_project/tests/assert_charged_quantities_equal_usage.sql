-- A returned row is usage of a month that is neither in a charge nor in unrated_usage, or that is charged
-- beyond what was used: lost or overcharged (R20).
with usage_sums as (
    select
        usage_monthly.account_id,
        usage_monthly.usage_month_date as month_date,
        usage_monthly.billing_sessions,
        usage_monthly.voice_sessions
    from {{ ref('usage_monthly') }} as usage_monthly
    -- Usage later than the watermark waits for its month to begin.
    inner join {{ ref('int_account_months') }} as months
        on usage_monthly.account_id = months.account_id and usage_monthly.usage_month_date = months.month_date
),

accounted_for as (
    select
        account_id,
        month_date,
        metric,
        quantity
    from {{ ref('int_usage_charges') }}
    union all
    select
        account_id,
        usage_month_date as month_date,
        metric,
        quantity
    from {{ ref('unrated_usage') }}
    where metric not in ('base_fee', 'agent_seats')
),

differences as (
    select
        account_id,
        month_date,
        billing_sessions,
        voice_sessions
    from usage_sums
    union all
    select
        account_id,
        month_date,
        case when metric = 'voice_sessions' then 0 else -quantity end as billing_sessions,
        case when metric = 'voice_sessions' then -quantity else 0 end as voice_sessions
    from accounted_for
)

select
    account_id,
    month_date
from differences
group by account_id, month_date
having sum(billing_sessions) != 0 or sum(voice_sessions) != 0
