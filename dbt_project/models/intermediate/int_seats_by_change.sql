-- R16: a change counts from the start of its local day, so the last of a day is the day's. An app that closes
-- leaves its seats with the month, as it leaves its plan; publishing it again does not bring them back.
with events as (
    select
        account_id,
        app_id,
        event_id,
        occurred_at,
        event_date as from_date,
        seats
    from {{ ref('int_account_events_standing') }}
    where event_type = 'seats_set'
    union all
    select
        account_id,
        app_id,
        event_id,
        occurred_at,
        {{ next_month_of('event_date') }} as from_date,
        0 as seats
    from {{ ref('int_account_events_standing') }}
    where event_type = 'app_closed'
),

changes as (
    select
        account_id,
        app_id,
        from_date,
        arg_max(seats, row(occurred_at, event_id)) as agent_seats
    from events
    group by account_id, app_id, from_date
)

select * from changes
