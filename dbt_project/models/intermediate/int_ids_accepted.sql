-- R18: ids that stand on two days, and of which somebody said that both count.
with events as (
    select * from {{ ref('int_account_events_standing') }}
    where event_type = 'id_accepted'
),

accepted as (
    select distinct
        account_id,
        payload ->> 'stream' as stream,
        payload ->> 'id' as id
    from events
)

select * from accepted
