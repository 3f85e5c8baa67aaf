-- I4: lines, less discounts, are the subtotal; the subtotal and the tax are the total.
with taxable_lines as (
    select * from {{ ref('int_taxable_lines') }}
),

document_taxes as (
    select * from {{ ref('int_document_taxes') }}
),

lines as (
    select
        document_id,
        minor_unit,
        cast(sum(amount) as decimal(18, 4)) as lines_amount,
        cast(sum(discount_share) as decimal(18, 4)) as discount_amount,
        cast(sum(net_amount) as decimal(18, 4)) as subtotal
    from taxable_lines
    group by all
),

taxes as (
    select
        document_id,
        cast(sum(tax_amount) as decimal(18, 4)) as tax
    from document_taxes
    group by document_id
),

document_totals as (
    select
        lines.document_id,
        lines.minor_unit,
        lines.lines_amount,
        lines.discount_amount,
        lines.subtotal,
        taxes.tax,
        cast(lines.subtotal + taxes.tax as decimal(18, 4)) as total
    from lines
    inner join taxes on lines.document_id = taxes.document_id
)

select * from document_totals
