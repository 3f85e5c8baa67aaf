with source as (
    select * from {{ source('lake', 'issued_tiers') }}
),

renamed as (
    select
        document_id,
        line_number,
        line_key,
        tier_number,
        quantity,
        unit_price,
        flat_fee,
        amount
    from source
)

select * from renamed
