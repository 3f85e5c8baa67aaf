-- Every event with its local day (R17), refused or not.
with events as (
    select * from {{ ref('int_account_events_alive') }}
),

zones as (
    select * from {{ ref('int_account_zones') }}
),

dated as (
    select
        events.*,
        {{ local_date('events.occurred_at', 'zones.zone', 'zones.first_local_date') }} as event_date
    from events
    inner join zones
        on
            events.account_id = zones.account_id
            and events.occurred_at >= zones.from_at
            and events.occurred_at < zones.until_at
)

select * from dated
