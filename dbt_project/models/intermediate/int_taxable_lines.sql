-- The lines of every document that is still a draft: what is taxed and adds up to its total.
with draft_lines as (
    select * from {{ ref('int_draft_lines') }}
),

top_up_lines as (
    select * from {{ ref('int_top_up_lines') }}
),

credit_note_lines as (
    select * from {{ ref('int_credit_note_lines') }}
),

taxable_lines as (
    select
        document_id,
        tax_category,
        tax_rate,
        minor_unit,
        gross_amount as amount,
        discount_amount as discount_share,
        amount as net_amount
    from draft_lines
    union all
    select
        document_id,
        tax_category,
        tax_rate,
        minor_unit,
        amount,
        cast(0 as decimal(18, 4)) as discount_share,
        amount as net_amount
    from top_up_lines
    union all
    select
        document_id,
        tax_category,
        tax_rate,
        minor_unit,
        amount,
        cast(0 as decimal(18, 4)) as discount_share,
        amount as net_amount
    from credit_note_lines
)

select * from taxable_lines
