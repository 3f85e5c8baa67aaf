with source as (
    select * from {{ source('lake', 'rejected_handoffs') }}
),

renamed as (
    select
        stream,
        cast(occurred_at as date) as event_date,
        arrival_day as arrival_date,
        file,
        line,
        account_id,
        reason
    from source
)

select * from renamed
