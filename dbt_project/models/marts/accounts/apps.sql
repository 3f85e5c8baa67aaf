with dated as (
    select * from {{ ref('int_apps_dated') }}
),

owners as (
    select
        account_id,
        app_id,
        arg_max(payload ->> 'owner_id', row(occurred_at, event_id)) as owner_id
    from {{ ref('int_account_events_standing') }}
    where event_type = 'owner_changed'
    group by account_id, app_id
),

last_states as (
    select
        account_id,
        app_id,
        arg_max(event_type, row(occurred_at, event_id)) = 'app_suspended' as is_suspended
    from {{ ref('int_account_events_standing') }}
    where event_type in ('app_published', 'app_suspended', 'app_closed')
    group by account_id, app_id
),

apps as (
    select
        dated.account_id,
        dated.app_id,
        dated.app_name,
        dated.published_date,
        dated.closed_date,
        owners.owner_id,
        coalesce(last_states.is_suspended, false) as is_suspended
    from dated
    left join owners on dated.account_id = owners.account_id and dated.app_id = owners.app_id
    left join last_states on dated.account_id = last_states.account_id and dated.app_id = last_states.app_id
)

select * from apps
order by account_id, app_id
