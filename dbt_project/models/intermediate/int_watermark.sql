with files as (
    select * from {{ ref('stg_lake__files') }}
),

latest_arrival as (
    select timezone('UTC', cast(max(arrival_date) + 1 as timestamp)) as watermark_at
    from files
)

select * from latest_arrival
