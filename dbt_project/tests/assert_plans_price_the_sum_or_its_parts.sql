-- A returned row is a version of a plan that would charge the same session twice (P1).
select
    plan_id,
    plan_version
from {{ ref('plan_charges') }}
group by plan_id, plan_version
having
    bool_or(metric = 'billing_sessions')
    and bool_or(metric in ('usage_sessions', 'request_sessions', 'alert_sessions'))
