with source as (
    select * from {{ source('lake', 'issued_documents') }}
),

renamed as (
    select
        document_id,
        document_kind,
        document_class,
        number,
        seller_id,
        account_id,
        month_date,
        currency,
        zone,
        period_start_date,
        period_end_date,
        issue_date,
        due_date,
        subtotal,
        tax,
        total,
        corrects_document_id,
        order_id,
        sequence,
        hash
    from source
)

select * from renamed
