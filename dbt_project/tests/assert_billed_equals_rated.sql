-- A returned row is an account for which issued lines and drafts do not add up to what its months rate to
-- now: something would be billed twice or never (I3).
with signed as (
    select
        account_id,
        amount
    from {{ ref('int_lines_discounted') }}
    union all
    select
        account_id,
        -amount as amount
    from {{ ref('invoice_line_items') }}
    where month_date is not null
)

select
    account_id,
    sum(amount) as unbilled_amount
from signed
group by account_id
having sum(amount) != 0
