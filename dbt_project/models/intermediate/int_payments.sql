with recordings as (
    select * from {{ ref('int_account_events_standing') }}
    where event_type = 'payment_recorded'
),

reversals as (
    select * from {{ ref('int_account_events_standing') }}
    where event_type = 'payment_reversed'
),

payments as (
    select
        recordings.account_id,
        recordings.payload ->> 'payment_id' as payment_id,
        recordings.payload ->> 'invoice_number' as invoice_number,
        try_cast(recordings.payload ->> 'amount' as decimal(18, 6)) as amount,
        recordings.occurred_at as paid_at,
        recordings.event_date as paid_date,
        nullif(recordings.payload ->> 'method', '') as method,
        reversals.event_id is not null as is_reversed,
        reversals.occurred_at as reversed_at
    from recordings
    left join reversals
        on
            recordings.account_id = reversals.account_id
            and recordings.payload ->> 'payment_id' = reversals.payload ->> 'payment_id'
)

select * from payments
