-- P4: what the invoice of a month charges beside its usage: flat charges of the month itself, and in
-- advance the base fee and the seats of the next, for subscriptions that run on over the turn of the month.
with months as (
    select * from {{ ref('int_account_months') }}
),

subscriptions as (
    select * from {{ ref('int_subscription_periods') }}
),

prices as (
    select * from {{ ref('int_prices') }}
),

apps as (
    select * from {{ ref('int_apps_dated') }}
),

seat_changes as (
    select * from {{ ref('int_seats_by_change') }}
),

-- A subscription that begins with the next month is charged by the order that begins it.
running_on as (
    select
        months.account_id,
        months.month_date,
        months.next_month_date,
        months.currency,
        following.app_id,
        following.plan_id
    from months
    inner join subscriptions as following
        on
            months.account_id = following.account_id
            and months.next_month_date >= following.from_date
            and months.next_month_date < following.until_date
    inner join subscriptions as present
        on
            following.account_id = present.account_id
            and following.app_id is not distinct from present.app_id
            and months.next_month_date - 1 >= present.from_date
            and months.next_month_date - 1 < present.until_date
),

base_fees as (
    select
        account_id,
        app_id,
        month_date,
        currency,
        plan_id,
        'base_fee' as metric,
        cast(1 as bigint) as quantity,
        next_month_date as price_date,
        next_month_date as charge_period_start_date,
        {{ next_month_of('next_month_date') }} as charge_period_end_date
    from running_on
),

seats as (
    select
        months.account_id,
        apps.app_id,
        months.month_date,
        arg_max(seat_changes.agent_seats, seat_changes.from_date) as agent_seats
    from months
    inner join apps on months.account_id = apps.account_id
    inner join seat_changes
        on
            apps.account_id = seat_changes.account_id
            and apps.app_id = seat_changes.app_id
            and months.next_month_date >= seat_changes.from_date
    where apps.closed_date is null or apps.closed_date >= months.next_month_date
    group by all
),

seat_fees as (
    select
        running_on.account_id,
        seats.app_id,
        running_on.month_date,
        running_on.currency,
        running_on.plan_id,
        'agent_seats' as metric,
        seats.agent_seats as quantity,
        running_on.next_month_date as price_date,
        running_on.next_month_date as charge_period_start_date,
        {{ next_month_of('running_on.next_month_date') }} as charge_period_end_date
    from running_on
    inner join seats
        on
            running_on.account_id = seats.account_id
            and running_on.month_date = seats.month_date
            and running_on.app_id = seats.app_id
    union all
    select
        contracts.account_id,
        seats.app_id,
        contracts.month_date,
        contracts.currency,
        contracts.plan_id,
        'agent_seats' as metric,
        seats.agent_seats as quantity,
        contracts.next_month_date as price_date,
        contracts.next_month_date as charge_period_start_date,
        {{ next_month_of('contracts.next_month_date') }} as charge_period_end_date
    from running_on as contracts
    inner join seats on contracts.account_id = seats.account_id and contracts.month_date = seats.month_date
    left join subscriptions as own
        on
            seats.account_id = own.account_id
            and seats.app_id = own.app_id
            and contracts.next_month_date >= own.from_date
            and contracts.next_month_date < own.until_date
    where contracts.app_id is null and own.plan_id is null
),

-- A flat charge is due once for the month: by the plan of the subscription's last day in it.
last_days as (
    select
        months.account_id,
        subscriptions.app_id,
        months.month_date,
        months.currency,
        months.next_month_date,
        arg_max(subscriptions.plan_id, subscriptions.from_date) as plan_id,
        min(subscriptions.from_date) as from_date,
        max(least(subscriptions.until_date, months.next_month_date)) as until_date
    from months
    inner join subscriptions
        on
            months.account_id = subscriptions.account_id
            and months.next_month_date > subscriptions.from_date
            and months.month_date < subscriptions.until_date
    group by all
),

flat_metrics as (
    select distinct
        plan_id,
        metric
    from prices
    where charge_model = 'flat' and metric not in ('base_fee', 'agent_seats')
),

flat_charges as (
    select
        last_days.account_id,
        last_days.app_id,
        last_days.month_date,
        last_days.currency,
        last_days.plan_id,
        metrics.metric,
        cast(1 as bigint) as quantity,
        last_days.until_date - 1 as price_date,
        greatest(last_days.month_date, last_days.from_date) as charge_period_start_date,
        last_days.until_date as charge_period_end_date
    from last_days
    inner join flat_metrics as metrics on last_days.plan_id = metrics.plan_id
),

fees as (
    select * from base_fees
    union all
    select * from seat_fees
    union all
    select * from flat_charges
),

priced as (
    select
        fees.account_id,
        fees.app_id,
        fees.month_date,
        fees.metric,
        case when prices.charge_model = 'flat' then 1 else fees.quantity end as quantity,
        fees.plan_id,
        prices.plan_version,
        prices.unit_price,
        fees.charge_period_start_date,
        fees.charge_period_end_date,
        case
            when prices.currency != fees.currency then 'priced in another currency than the account''s'
        end as unrated_reason
    from fees
    inner join prices
        on
            fees.plan_id = prices.plan_id
            and fees.metric = prices.metric
            and fees.price_date >= prices.from_date
            and fees.price_date < prices.until_date
    where
        prices.unit_price > 0
        and fees.quantity > 0
        and (prices.charge_model = 'flat' or fees.metric = 'agent_seats')
)

select * from priced
