-- A fixed discount is taken from each month that begins while it lasts, as long as the account stays in the
-- currency of its first month (P0).
with months as (
    select * from {{ ref('int_account_months') }}
),

discounts as (
    select * from {{ ref('int_discounts') }}
    where discount_kind = 'fixed'
),

granted as (
    select
        discounts.*,
        months.currency
    from discounts
    left join months
        on discounts.account_id = months.account_id and {{ month_of('discounts.from_date') }} = months.month_date
),

document_discounts as (
    select
        {{ month_document_id('months') }} as document_id,
        cast(sum(discounts.amount) as decimal(18, 4)) as amount
    from months
    inner join granted as discounts
        on
            months.account_id = discounts.account_id
            and months.month_date >= discounts.from_date
            and months.month_date < discounts.until_date
            and months.currency = coalesce(discounts.currency, months.currency)
    group by all
)

select * from document_discounts
