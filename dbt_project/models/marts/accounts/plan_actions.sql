-- What else an admin can ask for, and why not; what funds can be added at once is the plan's term (P10).
with judged as (
    select * from {{ ref('int_events_offered_judged') }}
    where plan_id is null
),

plans as (
    select * from {{ ref('int_plans_described') }}
),

actions as (
    select
        judged.account_id,
        judged.app_id,
        judged.event_type,
        judged.refusal_reason is null as is_possible,
        judged.refusal_reason,
        judged.effective_date,
        case when judged.event_type = 'order_placed' then plans.minimum_top_up end as minimum_amount,
        case when judged.event_type = 'order_placed' then plans.maximum_top_up end as maximum_amount,
        case when judged.event_type in ('order_placed', 'auto_reload_set') then plans.currency end as currency
    from judged
    left join plans on judged.in_force_plan_id = plans.plan_id
)

select * from actions
order by account_id, app_id, event_type
