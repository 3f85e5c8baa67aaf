with document_taxes as (
    select * from {{ ref('int_document_taxes') }}
),

issued_taxes as (
    select * from {{ ref('stg_lake__issued_taxes') }}
),

taxes as (
    select
        document_id as invoice_id,
        tax_category,
        tax_rate,
        taxable_amount,
        tax_amount
    from document_taxes
    union all
    select
        document_id as invoice_id,
        tax_category,
        tax_rate,
        taxable_amount,
        tax_amount
    from issued_taxes
)

select * from taxes
order by invoice_id, tax_category, tax_rate
