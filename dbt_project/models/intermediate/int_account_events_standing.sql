with events as (
    select * from {{ ref('int_account_events_accepted') }}
),

refusals as (
    select * from {{ ref('int_account_event_refusals') }}
),

standing as (
    select events.*
    from events
    anti join refusals
        on
            events.account_id = refusals.account_id
            and events.event_id = refusals.event_id
            and events.occurred_at = refusals.occurred_at
)

select * from standing
