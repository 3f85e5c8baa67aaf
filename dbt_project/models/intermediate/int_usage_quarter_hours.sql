-- Every zone's offset since 1973 is a multiple of 15 minutes, so a quarter hour of UTC lies in one
-- local day everywhere: the sessions themselves are read once, and no zone is asked for each of them.
with billing_sessions as (
    select * from {{ ref('stg_lake__billing_sessions') }}
),

voice_sessions as (
    select * from {{ ref('stg_lake__voice_sessions') }}
),

alert_sessions as (
    select * from {{ ref('stg_lake__alert_sessions') }}
),

billing_counts as (
    select
        account_id,
        app_id,
        time_bucket(interval '15 minutes', started_at) as quarter_at,
        count(*) filter (where is_complete) as billing_sessions,
        count(*) filter (where is_complete and session_type = 'usage') as usage_sessions,
        count(*) filter (where is_complete and session_type = 'request') as request_sessions,
        count(*) filter (where is_complete and session_type = 'alert') as alert_sessions,
        0 as voice_sessions,
        0 as proactive_notifications,
        count(*) filter (where not is_complete) as provisional_sessions
    from billing_sessions
    group by all
),

voice_counts as (
    select
        account_id,
        app_id,
        time_bucket(interval '15 minutes', started_at) as quarter_at,
        0 as billing_sessions,
        0 as usage_sessions,
        0 as request_sessions,
        0 as alert_sessions,
        count(*) filter (where is_complete) as voice_sessions,
        0 as proactive_notifications,
        0 as provisional_sessions
    from voice_sessions
    group by all
),

proactive_counts as (
    select
        account_id,
        app_id,
        time_bucket(interval '15 minutes', delivered_at) as quarter_at,
        0 as billing_sessions,
        0 as usage_sessions,
        0 as request_sessions,
        0 as alert_sessions,
        0 as voice_sessions,
        count(*) as proactive_notifications,
        0 as provisional_sessions
    from alert_sessions
    where alert_kind = 'proactive'
    group by all
),

counts as (
    select * from billing_counts
    union all
    select * from voice_counts
    union all
    select * from proactive_counts
),

added_up as (
    select
        account_id,
        app_id,
        quarter_at,
        {{ summed_usage_counts() }}
        cast(sum(provisional_sessions) as bigint) as provisional_sessions
    from counts
    group by all
)

select * from added_up
