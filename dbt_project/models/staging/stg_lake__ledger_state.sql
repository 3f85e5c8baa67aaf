with source as (
    select * from {{ source('lake', 'ledger_state') }}
),

renamed as (
    select hash
    from source
)

select * from renamed
