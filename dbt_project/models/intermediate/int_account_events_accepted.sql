with events as (
    select * exclude (refusal_reason) from {{ ref('int_account_events_judged') }}
    where refusal_reason is null
)

select * from events
