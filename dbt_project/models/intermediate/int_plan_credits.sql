-- The free credit that comes with an app's first prepaid plan, from the day on which that counts.
with periods as (
    select * from {{ ref('int_subscription_periods') }}
),

plans as (
    select * from {{ ref('int_plans_described') }}
    where plan_kind = 'payg'
),

steps as (
    select * from {{ ref('int_plan_events_folded') }}
    where refusal_reason is null
),

zones as (
    select * from {{ ref('int_account_zones') }}
),

first_periods as (
    select
        periods.account_id,
        periods.app_id,
        periods.plan_id,
        periods.from_date,
        plans.currency,
        plans.free_credit,
        plans.free_credit_days
    from periods
    inner join plans on periods.plan_id = plans.plan_id
    where periods.app_id is not null
    qualify row_number() over (partition by periods.account_id, periods.app_id order by periods.from_date) = 1
),

beginnings as (
    select
        first_periods.*,
        {{ local_midnight_at('first_periods.from_date', 'zones.zone') }} as begins_at
    from first_periods
    asof inner join zones
        on
            first_periods.account_id = zones.account_id
            and first_periods.from_date >= zones.first_local_date
    where first_periods.free_credit is not null
),

-- A plan that counts at once begins when it is ordered, one that was to come at its first midnight.
credits as (
    select
        beginnings.account_id,
        beginnings.app_id,
        'free/' || beginnings.app_id as credit_id,
        beginnings.currency,
        beginnings.free_credit as amount,
        coalesce(max(steps.occurred_at), max(beginnings.begins_at)) as from_at,
        beginnings.from_date,
        beginnings.from_date + beginnings.free_credit_days as expires_date
    from beginnings
    left join steps
        on
            beginnings.account_id = steps.account_id
            and beginnings.app_id = steps.app_id
            and beginnings.plan_id = steps.change_plan_id
            and beginnings.from_date = steps.change_date
            and beginnings.from_date = steps.event_date
    group by all
)

select * from credits
