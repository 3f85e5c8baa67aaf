with days as (
    select * from {{ ref('int_app_days') }}
),

usage_quarters as (
    select * from {{ ref('int_usage_quarter_hours_dated') }}
),

seat_changes as (
    select * from {{ ref('int_seats_by_change') }}
),

counted as (
    select
        account_id,
        app_id,
        usage_date,
        {{ summed_usage_counts() }}
        cast(sum(provisional_sessions) as bigint) as provisional_sessions
    from usage_quarters
    group by account_id, app_id, usage_date
),

daily as (
    select
        days.account_id,
        days.app_id,
        days.usage_date,
        coalesce(counted.billing_sessions, 0) as billing_sessions,
        coalesce(counted.usage_sessions, 0) as usage_sessions,
        coalesce(counted.request_sessions, 0) as request_sessions,
        coalesce(counted.alert_sessions, 0) as alert_sessions,
        coalesce(counted.voice_sessions, 0) as voice_sessions,
        coalesce(counted.proactive_notifications, 0) as proactive_notifications,
        coalesce(seat_changes.agent_seats, 0) as agent_seats,
        coalesce(counted.provisional_sessions, 0) as provisional_sessions
    from days
    left join counted
        on
            days.account_id = counted.account_id
            and days.app_id = counted.app_id
            and days.usage_date = counted.usage_date
    asof left join seat_changes
        on
            days.account_id = seat_changes.account_id
            and days.app_id = seat_changes.app_id
            and days.usage_date >= seat_changes.from_date
)

select * from daily
order by account_id, app_id, usage_date
