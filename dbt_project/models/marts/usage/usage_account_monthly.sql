with days as (
    select * from {{ ref('usage_account_daily') }}
),

bucketed as (
    select
        account_id,
        {{ month_of('usage_date') }} as usage_month_date,
        {{ summed_usage_counts() }}
        max(agent_seats) as agent_seats,
        cast(sum(provisional_sessions) as bigint) as provisional_sessions
    from days
    group by all
)

select * from bucketed
order by account_id, usage_month_date
