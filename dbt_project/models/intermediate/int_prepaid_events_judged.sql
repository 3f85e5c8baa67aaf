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

currencies as (
    select * from {{ ref('currencies') }}
),

beside_plans as (
    select
        prepaid_events.account_id,
        prepaid_events.app_id,
        prepaid_events.event_id,
        prepaid_events.event_type,
        prepaid_events.occurred_at,
        prepaid_events.event_date,
        prepaid_events.amount,
        prepaid_events.threshold,
        prepaid_events.credit_expires_date,
        plans.plan_id,
        plans.plan_kind,
        plans.minimum_top_up,
        plans.maximum_top_up,
        currencies.currency,
        currencies.minor_unit
    from prepaid_events
    inner join steps
        on
            prepaid_events.account_id = steps.account_id
            and prepaid_events.app_id is not distinct from steps.app_id
            and prepaid_events.step = steps.step
    left join plans on steps.in_force_plan_id = plans.plan_id
    inner join currencies on coalesce(plans.currency, prepaid_events.account_currency) = currencies.currency
),

judged as (
    select
        account_id,
        app_id,
        event_id,
        event_type,
        occurred_at,
        plan_id,
        currency,
        coalesce(
            {{ prepaid_reason('plan_id') }},
            {{ minor_unit_reason("'threshold'", 'threshold', 'currency', 'minor_unit') }},
            {{ minor_unit_reason("'amount'", 'amount', 'currency', 'minor_unit') }},
            case
                when credit_expires_date <= event_date
                    then 'expires_date is not after the day of the grant, ' || strftime(event_date, '%Y-%m-%d')
            end
        ) as refusal_reason
    from beside_plans
)

select * from judged
