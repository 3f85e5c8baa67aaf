with usage_quarters as (
    select * from {{ ref('int_usage_quarter_hours_dated') }}
),

days as (
    select * from {{ ref('usage_daily') }}
),

-- Where an offset has half an hour in it, an hour of UTC has two local days: its seats are their maximum.
hourly as (
    select
        usage_quarters.account_id,
        usage_quarters.app_id,
        date_trunc('hour', usage_quarters.quarter_at) as usage_hour_at,
        {{ summed_usage_counts('usage_quarters.') }}
        max(days.agent_seats) as agent_seats,
        cast(sum(usage_quarters.provisional_sessions) as bigint) as provisional_sessions
    from usage_quarters
    inner join days
        on
            usage_quarters.account_id = days.account_id
            and usage_quarters.app_id = days.app_id
            and usage_quarters.usage_date = days.usage_date
    group by all
)

select * from hourly
order by account_id, app_id, usage_hour_at
