-- P10: a cleared top-up is invoiced at once, by itself, tax included; what it then pays for is on a
-- statement.
with orders as (
    select * from {{ ref('int_orders') }}
    where status = 'cleared'
),

months as (
    select * from {{ ref('int_account_months') }}
),

taxes as (
    select * from {{ ref('int_account_taxes') }}
    where tax_category = 'S'
),

issued_documents as (
    select * from {{ ref('stg_lake__issued_documents') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

lines as (
    select
        {{ document_id('order', 'orders.account_id', 'orders.order_id') }} as document_id,
        orders.account_id,
        orders.order_id,
        orders.app_id,
        orders.plan_id,
        orders.currency,
        months.zone,
        orders.settled_date,
        currencies.minor_unit,
        'S' as tax_category,
        cast(coalesce(taxes.tax_rate, 0) as decimal(9, 4)) as tax_rate,
        {{ round_to_minor_unit('orders.amount', 'currencies.minor_unit') }} as amount
    from orders
    inner join months
        on orders.account_id = months.account_id and {{ month_of('orders.settled_date') }} = months.month_date
    inner join currencies on orders.currency = currencies.currency
    left join taxes on months.account_id = taxes.account_id and months.month_date = taxes.month_date
    anti join issued_documents
        on orders.account_id = issued_documents.account_id and orders.order_id = issued_documents.order_id
)

select * from lines
