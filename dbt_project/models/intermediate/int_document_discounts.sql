-- A fixed discount is taken from each month that begins while it lasts.
with months as (
    select * from {{ ref('int_account_months') }}
),

discounts as (
    select * from {{ ref('int_discounts') }}
    where discount_kind = 'fixed'
),

document_discounts as (
    select
        {{ month_document_id('months') }} as document_id,
        cast(sum(discounts.amount) as decimal(18, 4)) as amount
    from months
    inner join discounts
        on
            months.account_id = discounts.account_id
            and months.month_date >= discounts.from_date
            and months.month_date < discounts.until_date
    group by all
)

select * from document_discounts
