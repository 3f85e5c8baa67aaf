with months as (
    select * from {{ ref('int_account_months') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

zones as (
    select * from {{ ref('int_account_zones') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

line_items as (
    select * from {{ ref('invoice_line_items') }}
),

identified as (
    select
        *,
        account_id || '-' || strftime(month_date, '%Y-%m') as invoice_id
    from months
),

month_zones as (
    select
        months.account_id,
        months.month_date,
        arg_max(zones.zone, zones.from_at) as zone
    from months
    inner join zones on months.account_id = zones.account_id and months.month_date >= zones.first_local_date
    group by all
),

subtotals as (
    select
        invoice_id,
        cast(sum(amount) as decimal(18, 3)) as subtotal
    from line_items
    group by invoice_id
),

-- P9. A rate is a percentage; dividing a decimal by 100 would give a float.
taxed as (
    select
        identified.*,
        month_zones.zone,
        accounts.account_kind,
        coalesce(subtotals.subtotal, 0) as subtotal,
        {{ round_to_minor_unit('coalesce(subtotals.subtotal, 0) * identified.tax_rate * 0.01', 'currencies.minor_unit') }}
            as tax
    from identified
    inner join month_zones
        on identified.account_id = month_zones.account_id and identified.month_date = month_zones.month_date
    inner join accounts on identified.account_id = accounts.account_id
    inner join currencies on identified.currency = currencies.currency
    left join subtotals on identified.invoice_id = subtotals.invoice_id
),

invoices as (
    select
        account_id,
        invoice_id,
        month_date as invoice_month,
        case when account_kind = 'enterprise' then 'statement' else 'invoice' end as document_kind,
        currency,
        zone,
        month_date as period_start_date,
        next_month_date as period_end_date,
        tax_category,
        tax_rate,
        cast(subtotal as decimal(18, 3)) as subtotal,
        tax,
        cast(subtotal + tax as decimal(18, 3)) as total,
        cast(subtotal + tax as decimal(18, 3)) as amount_due,
        'draft' as status
    from taxed
)

select * from invoices
order by account_id, invoice_month
