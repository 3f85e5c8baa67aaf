with source as (
    select * from {{ source('lake', 'quarantine') }}
),

renamed as (
    select
        stream,
        arrival_day as arrival_date,
        file,
        line,
        account_id,
        reason
    from source
)

select * from renamed
