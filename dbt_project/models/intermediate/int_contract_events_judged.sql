-- P1: where a contract's plan prices the sum, no part of it can be priced, and the other way round.
with steps as (
    select * from {{ ref('int_plan_events_folded') }}
    where event_type = 'contract_price_set'
),

events as (
    select * from {{ ref('int_account_events_accepted') }}
),

plans as (
    select * from {{ ref('int_plans_described') }}
),

judged as (
    select
        steps.account_id,
        steps.event_id,
        steps.occurred_at,
        case
            when steps.in_force_plan_id is null then 'there is no contract yet: subscribe the account to one first'
            when events.payload ->> 'metric' = 'billing_sessions' and not plans.prices_the_sum
                then 'the plan prices the parts of billing_sessions'
            when
                events.payload ->> 'metric' in ('usage_sessions', 'request_sessions', 'alert_sessions')
                and plans.prices_the_sum
                then 'the plan prices billing_sessions as a sum'
        end as refusal_reason
    from steps
    inner join events
        on
            steps.account_id = events.account_id
            and steps.event_id = events.event_id
            and steps.occurred_at = events.occurred_at
    left join plans on steps.in_force_plan_id = plans.plan_id
)

select * from judged
