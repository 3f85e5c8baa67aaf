-- P9: rounded once per category and rate, on the sum of its lines. A percentage times 0.01: no division.
with taxable_lines as (
    select * from {{ ref('int_taxable_lines') }}
),

summed as (
    select
        document_id,
        tax_category,
        tax_rate,
        minor_unit,
        cast(sum(net_amount) as decimal(18, 4)) as taxable_amount
    from taxable_lines
    group by all
),

document_taxes as (
    select
        *,
        {{ round_to_minor_unit('cast(taxable_amount as decimal(38, 4)) * tax_rate * 0.01', 'minor_unit') }} as tax_amount
    from summed
)

select * from document_taxes
