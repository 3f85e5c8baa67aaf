-- Each month's lines, issued or not, as rated now: fixed discounts are spread over them (P8).
with lines as (
    select * from {{ ref('int_lines_rated') }}
),

months as (
    select * from {{ ref('int_account_months') }}
),

taxes as (
    select * from {{ ref('int_account_taxes') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

document_lines as (
    select
        {{ month_document_id('lines') }} as document_id,
        lines.line_key,
        lines.tax_category,
        cast(coalesce(taxes.tax_rate, 0) as decimal(9, 4)) as tax_rate,
        lines.amount,
        currencies.minor_unit
    from lines
    inner join months on lines.account_id = months.account_id and lines.month_date = months.month_date
    inner join currencies on months.currency = currencies.currency
    left join taxes
        on
            lines.account_id = taxes.account_id
            and lines.month_date = taxes.month_date
            and lines.tax_category = taxes.tax_category
)

select * from document_lines
