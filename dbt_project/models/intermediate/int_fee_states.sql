-- What the fees of a month depend on, wherever it changes: the plan, and the seats. Fewer seats count from
-- the next month, as a downgrade does (P6); the price is the one of the day on which the plan began to be
-- charged in that month.
with runs as (
    select * from {{ ref('int_subscription_runs') }}
),

subscriptions as (
    select * from {{ ref('int_subscription_periods') }}
),

months as (
    select * from {{ ref('int_account_months') }}
),

apps as (
    select * from {{ ref('int_apps_dated') }}
),

seat_changes as (
    select * from {{ ref('int_seats_by_change') }}
),

-- The fees of the month after the last are charged in advance.
fee_months as (
    select
        account_id,
        month_date as fee_month_date
    from months
    union
    select
        account_id,
        next_month_date as fee_month_date
    from months
),

run_months as (
    select
        runs.account_id,
        runs.app_id as subscribed_app_id,
        fee_months.fee_month_date,
        {{ next_month_of('fee_months.fee_month_date') }} as fee_month_end_date,
        greatest(runs.run_from_date, fee_months.fee_month_date) as first_date,
        least(runs.run_until_date, {{ next_month_of('fee_months.fee_month_date') }}) as last_date,
        runs.run_from_date < fee_months.fee_month_date as is_in_advance
    from runs
    inner join fee_months
        on
            runs.account_id = fee_months.account_id
            and {{ next_month_of('fee_months.fee_month_date') }} > runs.run_from_date
            and runs.run_until_date > fee_months.fee_month_date
),

-- A contract pays for the seats of the apps that have no subscription of their own.
seat_holders as (
    select
        run_months.*,
        apps.app_id
    from run_months
    inner join apps
        on
            run_months.account_id = apps.account_id
            and (run_months.subscribed_app_id is null or run_months.subscribed_app_id = apps.app_id)
            and (apps.closed_date is null or run_months.first_date <= apps.closed_date)
    left join run_months as own
        on
            run_months.subscribed_app_id is null
            and run_months.account_id = own.account_id
            and run_months.fee_month_date = own.fee_month_date
            and apps.app_id = own.subscribed_app_id
    where own.account_id is null
),

holders as (
    select
        *,
        subscribed_app_id as app_id,
        'base_fee' as metric
    from run_months
    union all by name
    select
        *,
        'agent_seats' as metric
    from seat_holders
),

points as (
    select
        *,
        first_date as point_date
    from holders
    union
    select
        holders.*,
        subscriptions.from_date as point_date
    from holders
    inner join subscriptions
        on
            holders.account_id = subscriptions.account_id
            and holders.subscribed_app_id is not distinct from subscriptions.app_id
            and holders.first_date < subscriptions.from_date
            and holders.last_date > subscriptions.from_date
    union
    select
        holders.*,
        seat_changes.from_date as point_date
    from holders
    inner join seat_changes
        on
            holders.account_id = seat_changes.account_id
            and holders.app_id = seat_changes.app_id
            and holders.metric = 'agent_seats'
            and holders.first_date < seat_changes.from_date
            and holders.last_date > seat_changes.from_date
),

-- Seats that a trial had for nothing do not count: from the first day on which a plan prices them.
seat_prices as (
    select distinct
        account_id,
        plan_id
    from {{ ref('int_account_prices') }}
    where metric = 'agent_seats'
),

charged_points as (
    select
        points.*,
        min(points.point_date) filter (where seat_prices.plan_id is not null) over (
            partition by points.account_id, points.app_id, points.fee_month_date
        ) as charged_from_date
    from points
    inner join subscriptions
        on
            points.account_id = subscriptions.account_id
            and points.subscribed_app_id is not distinct from subscriptions.app_id
            and points.point_date >= subscriptions.from_date
            and points.point_date < subscriptions.until_date
    left join seat_prices
        on subscriptions.account_id = seat_prices.account_id and subscriptions.plan_id = seat_prices.plan_id
    where points.metric = 'agent_seats'
),

seats as (
    select
        points.account_id,
        points.app_id,
        points.fee_month_date,
        points.point_date,
        greatest(
            coalesce(
                arg_max(seat_changes.agent_seats, seat_changes.from_date) filter (
                    where seat_changes.from_date <= points.charged_from_date
                ), 0
            ),
            coalesce(
                max(seat_changes.agent_seats) filter (where seat_changes.from_date > points.charged_from_date), 0
            )
        ) as agent_seats
    from charged_points as points
    inner join seat_changes
        on
            points.account_id = seat_changes.account_id
            and points.app_id = seat_changes.app_id
            and points.point_date >= seat_changes.from_date
    group by points.account_id, points.app_id, points.fee_month_date, points.point_date
),

states as (
    select
        points.account_id,
        points.subscribed_app_id,
        points.app_id,
        points.metric,
        points.fee_month_date,
        points.fee_month_end_date,
        points.point_date,
        points.is_in_advance and points.point_date = points.first_date as is_in_advance,
        subscriptions.plan_id,
        greatest(points.first_date, subscriptions.from_date) as price_date,
        case when points.metric = 'base_fee' then 1 else coalesce(seats.agent_seats, 0) end as quantity
    from points
    inner join subscriptions
        on
            points.account_id = subscriptions.account_id
            and points.subscribed_app_id is not distinct from subscriptions.app_id
            and points.point_date >= subscriptions.from_date
            and points.point_date < subscriptions.until_date
    left join seats
        on
            points.account_id = seats.account_id
            and points.app_id = seats.app_id
            and points.fee_month_date = seats.fee_month_date
            and points.point_date = seats.point_date
)

select * from states
