with events as (
    select
        *,
        payload ->> 'user_id' as user_id,
        payload ->> 'role' as role
    from {{ ref('int_account_events_standing') }}
    where event_type in ('role_granted', 'role_revoked')
),

last_words as (
    select * from events
    qualify row_number() over (partition by account_id, user_id, role order by occurred_at desc, event_id desc) = 1
),

roles as (
    select
        account_id,
        user_id,
        role,
        occurred_at as granted_at,
        nullif(payload ->> 'by', '') as granted_by
    from last_words
    where event_type = 'role_granted'
)

select * from roles
order by account_id, user_id, role
