with source as (
    select * from {{ source('lake', 'issued_taxes') }}
),

renamed as (
    select
        document_id,
        tax_category,
        tax_rate,
        taxable_amount,
        tax_amount
    from source
)

select * from renamed
