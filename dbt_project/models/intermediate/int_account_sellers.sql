-- Who sells to an account: the last seller that its book names.
with events as (
    select * from {{ ref('int_account_events_standing') }}
    where event_type = 'seller_set'
),

chosen as (
    select
        account_id,
        arg_max(payload ->> 'seller_id', row(occurred_at, event_id)) as seller_id
    from events
    group by account_id
)

select * from chosen
