with changes as (
    select * from {{ ref('int_plan_events_folded') }}
    where refusal_reason is null
),

accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

apps as (
    select * from {{ ref('int_apps_dated') }}
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
    from changes
    qualify later_date is null or later_date > change_date
),

periods as (
    select
        account_id,
        app_id,
        change_plan_id as plan_id,
        change_date as from_date,
        lead(change_date) over (partition by account_id, app_id order by step) as until_date
    from standing
),

-- Closing an app or the account ends what it subscribed to, as a cancellation would.
closed as (
    select
        periods.account_id,
        periods.app_id,
        periods.plan_id,
        periods.from_date,
        least(
            coalesce(periods.until_date, date '9999-12-31'),
            {{ next_month_of('apps.closed_date') }},
            {{ next_month_of('accounts.closed_date') }}
        ) as until_date
    from periods
    left join accounts on periods.account_id = accounts.account_id
    left join apps on periods.account_id = apps.account_id and periods.app_id = apps.app_id
    where periods.plan_id is not null
),

not_empty as (
    select * from closed
    where from_date < until_date
)

select * from not_empty
