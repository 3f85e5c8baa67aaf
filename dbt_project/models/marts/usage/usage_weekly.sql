with days as (
    select * from {{ ref('usage_daily') }}
),

bucketed as (
    select
        account_id,
        app_id,
        cast(date_trunc('week', usage_date) as date) as usage_week_date,
        {{ summed_usage_counts() }}
        max(agent_seats) as agent_seats,
        cast(sum(provisional_sessions) as bigint) as provisional_sessions
    from days
    group by all
)

select * from bucketed
order by account_id, app_id, usage_week_date
