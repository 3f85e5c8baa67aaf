-- A returned row is units of a charge that no tier takes: they would not be billed.
select
    charge_id,
    quantity
from {{ ref('int_rated_tiers') }}
where amount is null
