-- R16: a change counts from the start of its local day, so the last of a day is the day's.
with events as (
    select * from {{ ref('int_account_events_standing') }}
    where event_type = 'seats_set'
),

changes as (
    select
        account_id,
        app_id,
        event_date as from_date,
        arg_max(seats, row(occurred_at, event_id)) as agent_seats
    from events
    group by account_id, app_id, event_date
)

select * from changes
