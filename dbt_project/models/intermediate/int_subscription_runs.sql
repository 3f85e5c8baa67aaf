-- Plans that follow each other without a day between them are one run: fees are charged in advance while
-- it lasts, and a change of plan inside it is prorated (P4, P6).
with subscriptions as (
    select * from {{ ref('int_subscription_periods') }}
),

following as (
    select
        *,
        lag(until_date) over (partition by account_id, app_id order by from_date) as previous_until_date
    from subscriptions
),

numbered as (
    select
        *,
        count(*) filter (where previous_until_date is null or previous_until_date != from_date) over (
            partition by account_id, app_id
            order by from_date
        ) as run_number
    from following
),

runs as (
    select
        account_id,
        app_id,
        run_number,
        min(from_date) as run_from_date,
        max(until_date) as run_until_date
    from numbered
    group by account_id, app_id, run_number
)

select * from runs
