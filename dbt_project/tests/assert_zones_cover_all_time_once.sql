-- A returned row is an account with an instant in two zones or in none: its sessions would be counted
-- twice or lost (R17).
select *
from {{ ref('int_account_zones') }}
qualify
    coalesce(
        lag(until_at) over (partition by account_id order by from_at),
        timestamptz '0001-01-01 00:00:00+00'
    ) != from_at
