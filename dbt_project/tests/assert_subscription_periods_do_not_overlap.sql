-- A returned row is a subscription with two plans on one day: its usage would be charged twice.
select *
from {{ ref('int_subscription_periods') }}
qualify lead(from_date) over (partition by account_id, app_id order by from_date) < until_date
