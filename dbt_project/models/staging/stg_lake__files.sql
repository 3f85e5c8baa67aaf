with source as (
    select * from {{ source('lake', 'files') }}
),

renamed as (
    select
        stream,
        arrival_day as arrival_date,
        file,
        account_id,
        rows as row_count,
        excluded as excluded_count,
        quarantined as quarantined_count,
        problem
    from source
)

select * from renamed
