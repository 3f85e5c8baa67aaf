-- A correction's tiers are what the rating has now, less what was billed: units that moved to another
-- price leave one tier and enter another.
with line_items as (
    select * from {{ ref('invoice_line_items') }}
    where line_kind in ('usage', 'fee')
),

invoices as (
    select * from {{ ref('invoices') }}
    where status != 'issued'
),

tiers as (
    select * from {{ ref('int_line_tiers') }}
),

issued_tiers as (
    select * from {{ ref('stg_lake__issued_tiers') }}
),

differences as (
    select
        line_key,
        tier_number,
        unit_price,
        flat_fee,
        quantity,
        amount
    from tiers
    union all
    select
        line_key,
        tier_number,
        unit_price,
        flat_fee,
        -quantity as quantity,
        -amount as amount
    from issued_tiers
),

unbilled as (
    select
        line_key,
        tier_number,
        unit_price,
        flat_fee,
        cast(sum(quantity) as decimal(18, 6)) as quantity,
        cast(sum(amount) as decimal(26, 12)) as amount
    from differences
    group by line_key, tier_number, unit_price, flat_fee
    having sum(quantity) != 0 or sum(amount) != 0
),

line_tiers as (
    select
        line_items.invoice_id,
        line_items.line_number,
        unbilled.tier_number,
        unbilled.quantity,
        unbilled.unit_price,
        unbilled.flat_fee,
        unbilled.amount
    from line_items
    inner join invoices on line_items.invoice_id = invoices.invoice_id
    inner join unbilled on line_items.line_key = unbilled.line_key
    union all
    select
        document_id as invoice_id,
        line_number,
        tier_number,
        quantity,
        unit_price,
        flat_fee,
        amount
    from issued_tiers
)

select * from line_tiers
order by invoice_id, line_number, tier_number, unit_price
