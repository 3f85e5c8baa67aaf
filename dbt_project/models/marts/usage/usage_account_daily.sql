with days as (
    select * from {{ ref('usage_daily') }}
),

bucketed as (
    select
        account_id,
        usage_date,
        {{ summed_usage_counts() }}
        cast(sum(agent_seats) as bigint) as agent_seats,
        cast(sum(provisional_sessions) as bigint) as provisional_sessions
    from days
    group by all
)

select * from bucketed
order by account_id, usage_date
