with events as (
    select * from {{ ref('int_account_events_standing') }}
    where event_type = 'credit_note_requested'
),

requests as (
    select
        account_id,
        event_id as request_id,
        payload ->> 'invoice_number' as invoice_number,
        try_cast(payload ->> 'amount' as decimal(18, 6)) as amount,
        payload ->> 'reason' as reason,
        nullif(payload ->> 'by', '') as requested_by,
        occurred_at as requested_at,
        event_date as requested_date
    from events
)

select * from requests
