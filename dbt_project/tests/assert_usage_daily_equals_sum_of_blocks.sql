-- A returned row is an app whose days do not add up to its sessions: usage lost or charged twice (R11, R17).
with blocks as (
    select
        account_id,
        app_id,
        count(*) filter (where is_complete) as billing_sessions,
        0 as voice_sessions,
        0 as proactive_notifications,
        count(*) filter (where not is_complete) as provisional_sessions
    from {{ ref('stg_lake__billing_sessions') }}
    group by all
    union all
    select
        account_id,
        app_id,
        0 as billing_sessions,
        count(*) filter (where is_complete) as voice_sessions,
        0 as proactive_notifications,
        0 as provisional_sessions
    from {{ ref('stg_lake__voice_sessions') }}
    group by all
    union all
    select
        account_id,
        app_id,
        0 as billing_sessions,
        0 as voice_sessions,
        count(*) as proactive_notifications,
        0 as provisional_sessions
    from {{ ref('stg_lake__alert_sessions') }}
    where alert_kind = 'proactive'
    group by all
    union all
    select
        account_id,
        app_id,
        -billing_sessions as billing_sessions,
        -voice_sessions as voice_sessions,
        -proactive_notifications as proactive_notifications,
        -provisional_sessions as provisional_sessions
    from {{ ref('usage_daily') }}
)

select
    account_id,
    app_id,
    sum(billing_sessions) as missing_billing_sessions,
    sum(voice_sessions) as missing_voice_sessions,
    sum(proactive_notifications) as missing_proactive_notifications,
    sum(provisional_sessions) as missing_provisional_sessions
from blocks
group by all
having
    missing_billing_sessions != 0
    or missing_voice_sessions != 0
    or missing_proactive_notifications != 0
    or missing_provisional_sessions != 0
