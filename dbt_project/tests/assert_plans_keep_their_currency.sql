-- A returned row is a plan whose versions differ in currency, are dated out of order, or have charges
-- without a version: a subscription could then change its currency under way (P0, P1).
select plan_id
from {{ ref('plans') }}
group by plan_id
having
    count(distinct currency) > 1
    or count(distinct effective_date) < count(*)
    or list(plan_version order by plan_version) != list(plan_version order by effective_date)
union all
select charges.plan_id
from {{ ref('plan_charges') }} as charges
left join {{ ref('plans') }} as plans
    on charges.plan_id = plans.plan_id and charges.plan_version = plans.plan_version
where plans.plan_id is null
