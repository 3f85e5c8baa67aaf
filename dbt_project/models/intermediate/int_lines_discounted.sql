-- The lines of every month as rated now, with their share of fixed discounts taken off (P8).
with lines as (
    select * from {{ ref('int_lines_rated') }}
),

document_lines as (
    select * from {{ ref('int_document_lines') }}
),

discounted as (
    select * from {{ ref('int_discounted_lines') }}
),

lines_discounted as (
    select
        discounted.document_id,
        lines.* exclude (discount_amount, amount),
        document_lines.tax_rate,
        document_lines.minor_unit,
        cast(lines.discount_amount + discounted.discount_share as decimal(18, 4)) as discount_amount,
        cast(lines.amount - discounted.discount_share as decimal(18, 4)) as amount
    from discounted
    inner join lines on discounted.line_key = lines.line_key
    inner join document_lines on discounted.line_key = document_lines.line_key
)

select * from lines_discounted
