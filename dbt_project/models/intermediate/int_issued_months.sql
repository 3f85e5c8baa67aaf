with documents as (
    select * from {{ ref('stg_lake__issued_documents') }}
    where document_class = 'month'
),

issued_months as (
    select
        account_id,
        month_date,
        document_id,
        issue_date
    from documents
)

select * from issued_months
