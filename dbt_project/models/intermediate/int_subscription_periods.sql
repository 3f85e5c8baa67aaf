-- A plan runs from the change that brings it to the next one, to its own expiry, or to the account's closing.
with steps as (
    select * from {{ ref('int_plan_events_folded') }}
    where refusal_reason is null
),

accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

-- An upgrade takes the place of the downgrade or cancellation that was still to come.
standing as (
    select
        *,
        min(change_date) over (
            partition by account_id, app_id
            order by step
            rows between 1 following and unbounded following
        ) as later_date
    from steps
    where change_date is not null
    qualify later_date is null or later_date > change_date
),

changes as (
    select
        account_id,
        app_id,
        step,
        change_plan_id as plan_id,
        change_date as from_date,
        change_expires_date as expires_date,
        lead(step) over of_subscription as next_step,
        lead(change_date) over of_subscription as until_date
    from standing
    window of_subscription as (partition by account_id, app_id order by step)
),

-- Extensions granted while the plan was in force put its expiry off.
extended as (
    select
        changes.account_id,
        changes.app_id,
        changes.plan_id,
        changes.from_date,
        changes.until_date,
        max(coalesce(grants.change_expires_date, changes.expires_date)) as expires_date
    from changes
    left join steps as grants
        on
            changes.account_id = grants.account_id
            and changes.app_id is not distinct from grants.app_id
            and grants.event_type = 'extension_granted'
            and changes.step < grants.step
            and grants.step < coalesce(changes.next_step, grants.step + 1)
    where changes.plan_id is not null
    group by all
),

periods as (
    select
        extended.account_id,
        extended.app_id,
        extended.plan_id,
        extended.from_date,
        least(
            coalesce(extended.until_date, date '9999-12-31'),
            extended.expires_date,
            {{ next_month_of('accounts.closed_date') }}
        ) as until_date
    from extended
    left join accounts on extended.account_id = accounts.account_id
),

not_empty as (
    select
        *,
        coalesce(
            lag(until_date) over of_subscription = from_date and lag(plan_id) over of_subscription = plan_id, false
        ) as goes_on
    from periods
    where from_date < until_date
    window of_subscription as (partition by account_id, app_id order by from_date)
),

-- A downgrade that was taken back leaves one period, not two: its months are rated whole (P4).
numbered as (
    select
        *,
        count(*) filter (where not goes_on) over (
            partition by account_id, app_id
            order by from_date
        ) as period_number
    from not_empty
),

joined as (
    select
        account_id,
        app_id,
        plan_id,
        min(from_date) as from_date,
        max(until_date) as until_date
    from numbered
    group by account_id, app_id, plan_id, period_number
)

select * from joined
