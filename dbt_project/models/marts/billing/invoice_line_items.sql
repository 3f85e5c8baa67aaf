with draft_lines as (
    select * from {{ ref('int_draft_lines') }}
),

top_up_lines as (
    select * from {{ ref('int_top_up_lines') }}
),

credit_note_lines as (
    select * from {{ ref('int_credit_note_lines') }}
),

issued_lines as (
    select * from {{ ref('stg_lake__issued_lines') }}
),

issued_documents as (
    select * from {{ ref('stg_lake__issued_documents') }}
),

issued as (
    select
        issued_lines.*,
        issued_documents.currency
    from issued_lines
    inner join issued_documents on issued_lines.document_id = issued_documents.document_id
),

line_items as (
    select
        account_id,
        app_id,
        document_id as invoice_id,
        line_number,
        charge_period_start_date,
        charge_period_end_date,
        metric,
        quantity,
        unit_price,
        amount,
        currency,
        charge_class,
        corrects_document_id as corrects_invoice_id,
        line_kind,
        plan_id,
        plan_version,
        price_id,
        package_size,
        included_units,
        gross_amount,
        discount_amount,
        tax_category,
        tax_rate,
        line_key,
        month_date
    from draft_lines
    union all by name
    select
        account_id,
        app_id,
        document_id as invoice_id,
        cast(1 as bigint) as line_number,
        settled_date as charge_period_start_date,
        settled_date + 1 as charge_period_end_date,
        'top_up' as metric,
        cast(1 as bigint) as quantity,
        cast(amount as decimal(18, 6)) as unit_price,
        amount,
        currency,
        'regular' as charge_class,
        'top_up' as line_kind,
        plan_id,
        amount as gross_amount,
        cast(0 as decimal(18, 4)) as discount_amount,
        tax_category,
        tax_rate,
        document_id as line_key
    from top_up_lines
    union all by name
    select
        account_id,
        document_id as invoice_id,
        line_number,
        requested_date as charge_period_start_date,
        requested_date + 1 as charge_period_end_date,
        'credit' as metric,
        cast(1 as bigint) as quantity,
        amount,
        currency,
        'regular' as charge_class,
        corrects_document_id as corrects_invoice_id,
        'credit' as line_kind,
        amount as gross_amount,
        cast(0 as decimal(18, 4)) as discount_amount,
        tax_category,
        tax_rate,
        cast(to_json([document_id, tax_category, cast(tax_rate as varchar)]) as varchar) as line_key
    from credit_note_lines
    union all by name
    select
        * exclude (document_id, corrects_document_id),
        document_id as invoice_id,
        corrects_document_id as corrects_invoice_id
    from issued
)

select * from line_items
order by account_id, invoice_id, line_number
