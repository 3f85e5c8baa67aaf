with source as (
    select * from {{ source('lake', 'copies') }}
),

renamed as (
    select
        stream,
        event_day as event_date,
        arrival_day as arrival_date,
        file,
        account_id,
        accepted as accepted_count,
        duplicate as duplicate_count,
        superseded as superseded_count
    from source
)

select * from renamed
