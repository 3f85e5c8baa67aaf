-- What each app could change to, and why not to the rest. An app without a plan in force subscribes, one with a plan
-- changes; a change to the plan in force takes back a change or a cancellation that is to come.
with judged as (
    select * from {{ ref('int_events_offered_judged') }}
    where event_type = if(in_force_plan_id is null, 'plan_subscribed', 'plan_changed')
),

plans as (
    select * from {{ ref('int_plans_described') }}
),

prices as (
    select * from {{ ref('int_prices') }}
    where metric = 'base_fee'
),

offers as (
    select
        judged.account_id,
        judged.app_id,
        judged.plan_id,
        plans.plan_name,
        plans.plan_kind,
        plans.currency,
        prices.plan_version,
        judged.event_type,
        coalesce(judged.plan_id = judged.in_force_plan_id, false) as is_in_force,
        judged.refusal_reason is null as is_eligible,
        judged.refusal_reason,
        judged.effective_date,
        judged.effective_date = judged.event_date as is_at_once,
        judged.expires_date
    from judged
    inner join plans on judged.plan_id = plans.plan_id
    left join prices
        on
            judged.plan_id = prices.plan_id
            and judged.effective_date >= prices.from_date
            and judged.effective_date < prices.until_date
)

select * from offers
order by account_id, app_id, plan_id
