with events as (
    select * from {{ ref('int_account_events_standing') }}
    where event_type = 'auto_reload_set'
),

last_words as (
    select
        account_id,
        app_id,
        payload ->> 'is_on' = 'true' as is_on,
        try_cast(payload ->> 'threshold' as decimal(18, 6)) as threshold,
        try_cast(payload ->> 'amount' as decimal(18, 6)) as amount,
        occurred_at as set_at
    from events
    qualify row_number() over (partition by account_id, app_id order by occurred_at desc, event_id desc) = 1
)

select * from last_words
order by account_id, app_id
