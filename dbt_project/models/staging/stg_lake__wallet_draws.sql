with source as (
    select * from {{ source('lake', 'wallet_draws') }}
),

renamed as (
    select
        account_id,
        app_id,
        currency,
        month_date,
        wallet_date,
        credit_id,
        amount,
        sequence,
        place
    from source
)

select * from renamed
