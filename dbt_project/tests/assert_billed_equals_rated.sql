-- A returned row is a month of an account for which issued lines and drafts do not add up to what it rates to
-- now, in one of its currencies (P0): something would be billed twice or never (I3). A line on whatever document
-- counts for the month that it charges.
with signed as (
    select
        lines.account_id,
        lines.month_date,
        months.currency,
        lines.amount
    from {{ ref('int_lines_discounted') }} as lines
    left join {{ ref('int_account_months') }} as months
        on lines.account_id = months.account_id and lines.month_date = months.month_date
    union all
    select
        account_id,
        month_date,
        currency,
        -amount as amount
    from {{ ref('invoice_line_items') }}
    where month_date is not null
)

select
    account_id,
    month_date,
    currency,
    sum(amount) as unbilled_amount
from signed
group by account_id, month_date, currency
having sum(amount) != 0
