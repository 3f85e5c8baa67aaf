with events as (
    select * from {{ ref('int_account_events_resolved') }}
),

reasons as (
    select * from {{ ref('int_account_event_refusals') }}
),

refusals as (
    select
        events.account_id,
        events.event_id,
        events.app_id,
        events.occurred_at,
        events.event_type,
        reasons.refusal_reason,
        events.file,
        events.line
    from events
    inner join reasons
        on
            events.account_id = reasons.account_id
            and events.event_id = reasons.event_id
            and events.occurred_at = reasons.occurred_at
)

select * from refusals
order by account_id, occurred_at, event_id
