-- What the fold would say: its own step, taken once from where each subscription stands.
with offered as (
    select * from {{ ref('int_events_offered') }}
),

plans as (
    select * from {{ ref('int_plans_described') }}
),

last_steps as (
    select * from {{ ref('int_plan_events_folded') }}
    qualify row_number() over (partition by account_id, app_id order by step desc) = 1
),

fold as (
    select
        account_id,
        app_id,
        step,
        plan_id,
        base_fee,
        expires_date,
        next_plan_id,
        next_base_fee,
        next_expires_date,
        next_date,
        seats,
        has_had_trial,
        open_request_id
    from last_steps
    union all
    select distinct
        offered.account_id,
        offered.app_id,
        {{ plan_state_at_first() }}
    from offered
    anti join last_steps
        on offered.account_id = last_steps.account_id and offered.app_id is not distinct from last_steps.app_id
),

plan_events as (
    select
        offered.*,
        fold.step + 1 as step,
        cast(null as varchar) as event_id,
        cast(null as integer) as extension_days
    from offered
    inner join fold
        on offered.account_id = fold.account_id and offered.app_id is not distinct from fold.app_id
),

judged as (
    {{ plan_steps_judged() }}
),

reasoned as (
    select
        plan_events.account_id,
        plan_events.app_id,
        plan_events.event_type,
        plan_events.event_date,
        plan_events.plan_id,
        plan_events.life_reason,
        judged.refusal_reason as step_reason,
        judged.in_force_plan_id,
        judged.new_date,
        judged.new_expires_date,
        plans.plan_kind,
        plans.currency,
        plans.minimum_top_up,
        plans.maximum_top_up,
        plans.minimum_top_up as amount
    from plan_events
    inner join judged
        on
            plan_events.account_id = judged.account_id
            and plan_events.app_id is not distinct from judged.app_id
            and plan_events.event_type = judged.event_type
            and plan_events.plan_id is not distinct from judged.new_plan_id
    left join plans on judged.in_force_plan_id = plans.plan_id
),

answered as (
    select
        account_id,
        app_id,
        event_type,
        plan_id,
        in_force_plan_id,
        coalesce(
            life_reason,
            step_reason,
            case
                when event_type in ('order_placed', 'auto_reload_set') then {{ prepaid_reason('in_force_plan_id') }}
            end
        ) as refusal_reason,
        event_date,
        coalesce(new_date, event_date) as effective_date,
        new_expires_date as expires_date
    from reasoned
)

select * from answered
