-- P6: a subscription and an upgrade count from their own day, and so does every way out of a trial; a
-- downgrade and a cancellation count from the next month. What a change is depends on the plan then in
-- force, hence a fold, one step per event.
with recursive plan_events as (
    select * from {{ ref('int_plan_events') }}
),

plans as (
    select * from {{ ref('int_plans_described') }}
),

-- (plan_id, base_fee, expires_date) is in force after this step, the same with next_ from next_date on,
-- where a next_date without a plan is a cancellation. in_force_plan_id is what the event was judged by.
fold as (
    select
        account_id,
        app_id,
        {{ plan_state_at_first() }},
        cast(null as varchar) as in_force_plan_id,
        cast(null as date) as new_date,
        cast(null as date) as new_expires_date,
        cast(null as varchar) as refusal_reason
    from plan_events
    where step = 1
    union all
    select
        account_id,
        app_id,
        step,
        case when is_at_once then new_plan_id else plan_id end as plan_id,
        case when is_at_once then new_base_fee else base_fee end as base_fee,
        case
            when is_at_once or (is_taken and event_type = 'extension_granted') then new_expires_date
            else expires_date
        end as expires_date,
        case
            when is_at_once then null
            when is_change then new_plan_id
            else next_plan_id
        end as next_plan_id,
        case
            when is_at_once then null
            when is_change then new_base_fee
            else next_base_fee
        end as next_base_fee,
        case
            when is_at_once then null
            when is_change then new_expires_date
            else next_expires_date
        end as next_expires_date,
        case
            when is_at_once then null
            when is_change then new_date
            else next_date
        end as next_date,
        case when is_taken and event_type = 'seats_set' then new_seats else seats end as seats,
        has_had_trial or (is_change and coalesce(new_plan_kind = 'trial', false)) as has_had_trial,
        case
            when is_change then null
            when is_taken and event_type = 'extension_requested' then event_id
            when is_taken and event_type in ('extension_granted', 'extension_refused') then null
            else open_request_id
        end as open_request_id,
        in_force_plan_id,
        new_date,
        new_expires_date,
        refusal_reason
    from (
        {{ plan_steps_judged() }}
    ) as timed
),

steps as (
    select
        fold.account_id,
        fold.app_id,
        fold.step,
        plan_events.event_id,
        plan_events.event_type,
        plan_events.occurred_at,
        plan_events.event_date,
        case when fold.new_date is not null then plan_events.plan_id end as change_plan_id,
        fold.new_date as change_date,
        fold.new_expires_date as change_expires_date,
        fold.in_force_plan_id,
        fold.refusal_reason,
        {% for column in [
            'plan_id', 'base_fee', 'expires_date', 'next_plan_id', 'next_base_fee', 'next_expires_date', 'next_date',
            'seats', 'has_had_trial'
        ] -%}
            fold.{{ column }},
        {% endfor -%}
        fold.open_request_id
    from fold
    inner join plan_events
        on
            fold.account_id = plan_events.account_id
            and fold.app_id is not distinct from plan_events.app_id
            and fold.step = plan_events.step
)

select * from steps
