-- P10: funds and credits go to the wallet of an app whose plan is prepaid, funds within the plan's bounds.
with prepaid_events as (
    select * from {{ ref('int_plan_events') }}
    where event_type in ('order_placed', 'free_credit_granted', 'auto_reload_set')
),

steps as (
    select * from {{ ref('int_plan_events_folded') }}
),

plans as (
    select * from {{ ref('int_plans_described') }}
),

-- Credit may be granted during a trial: it waits for the prepaid plan that follows.
judged as (
    select
        prepaid_events.account_id,
        prepaid_events.app_id,
        prepaid_events.event_id,
        prepaid_events.event_type,
        prepaid_events.occurred_at,
        plans.plan_id,
        coalesce(plans.currency, prepaid_events.account_currency) as currency,
        case
            when plans.plan_id is null then 'there is no subscription'
            when
                plans.plan_kind != 'payg'
                and not (plans.plan_kind = 'trial' and prepaid_events.event_type = 'free_credit_granted')
                then 'the plan of the app is not prepaid'
            when
                prepaid_events.event_type = 'order_placed'
                and not prepaid_events.amount between plans.minimum_top_up and plans.maximum_top_up
                then format(
                    'amount is not between {} and {} {}',
                    cast(cast(plans.minimum_top_up as decimal(18, 2)) as varchar),
                    cast(cast(plans.maximum_top_up as decimal(18, 2)) as varchar),
                    plans.currency
                )
        end as refusal_reason
    from prepaid_events
    inner join steps
        on
            prepaid_events.account_id = steps.account_id
            and prepaid_events.app_id is not distinct from steps.app_id
            and prepaid_events.step = steps.step
    left join plans on steps.in_force_plan_id = plans.plan_id
)

select * from judged
