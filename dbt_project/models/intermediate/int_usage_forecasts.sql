-- What the usage of the running period comes to if it goes on at its present pace, for every charge of usage in force
-- on the account's last day: of the month, or of the part of it that the charge has; for a trial of all its days. A
-- contract's charges are forecast as a whole, and beside that the units of each of its apps.
--
-- The pace is that of the last whole weeks, four at most, of complete days; its bounds are those of the quietest and
-- the busiest seven days in a row among them. So each weekday weighs the same, and the pace lies within its bounds.
with accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

apps as (
    select * from {{ ref('apps') }}
),

periods as (
    select * from {{ ref('int_subscription_periods') }}
),

prices as (
    select * from {{ ref('int_prices') }}
    where plan_kind = 'trial' and metric not in ('base_fee', 'agent_seats')
),

described as (
    select * from {{ ref('int_charges_described') }}
    where charge_kind = 'usage' and plan_kind != 'trial'
),

usage_subscribed as (
    select * from {{ ref('int_usage_subscribed') }}
),

charges as (
    select
        described.account_id,
        described.app_id,
        described.metric,
        described.plan_id,
        described.charge_id,
        described.charge_model,
        described.month_date,
        described.included_units,
        described.charge_period_start_date as period_start_date,
        described.charge_period_end_date as period_end_date
    from described
    inner join accounts on described.account_id = accounts.account_id
    where
        described.charge_period_start_date <= accounts.last_date
        and described.charge_period_end_date > accounts.last_date
    union all
    select
        periods.account_id,
        periods.app_id,
        prices.metric,
        periods.plan_id,
        cast(null as varchar) as charge_id,
        prices.charge_model,
        cast(null as date) as month_date,
        prices.included_units,
        periods.from_date as period_start_date,
        periods.until_date as period_end_date
    from periods
    inner join accounts on periods.account_id = accounts.account_id
    inner join prices
        on
            periods.plan_id = prices.plan_id
            and periods.from_date >= prices.from_date
            and periods.from_date < prices.until_date
    where periods.from_date <= accounts.last_date and periods.until_date > accounts.last_date
),

own_plans as (
    select distinct
        account_id,
        app_id
    from charges
    where app_id is not null
),

subjects as (
    select * from charges
    union all
    select
        charges.account_id,
        apps.app_id,
        charges.metric,
        charges.plan_id,
        cast(null as varchar) as charge_id,
        charges.charge_model,
        cast(null as date) as month_date,
        cast(null as decimal(18, 6)) as included_units,
        charges.period_start_date,
        charges.period_end_date
    from charges
    inner join apps on charges.account_id = apps.account_id
    anti join own_plans on apps.account_id = own_plans.account_id and apps.app_id = own_plans.app_id
    where charges.app_id is null
),

first_days as (
    select
        account_id,
        app_id,
        published_date as first_date,
        coalesce(closed_date, date '9999-12-31') as closed_date,
        is_suspended
    from apps
    union all
    select
        account_id,
        cast(null as varchar) as app_id,
        min(published_date) as first_date,
        date '9999-12-31' as closed_date,
        false as is_suspended
    from apps
    group by account_id
),

observed as (
    select
        subjects.*,
        accounts.last_ended_date,
        greatest(
            subjects.period_end_date
            - greatest(subjects.period_start_date, cast(accounts.last_ended_date + 1 as date)),
            0
        ) as remaining_days,
        case
            when first_days.closed_date <= accounts.last_date then 'the app is closed'
            when first_days.is_suspended then 'the app is suspended'
            when coalesce(accounts.last_ended_date - first_days.first_date, 0) + 1 < 7 then 'less than 7 complete days'
        end as no_forecast_reason,
        cast(7 * least(4, (accounts.last_ended_date - first_days.first_date + 1) // 7) as integer) as observed_days
    from subjects
    inner join accounts on subjects.account_id = accounts.account_id
    left join first_days
        on
            subjects.account_id = first_days.account_id
            and subjects.app_id is not distinct from first_days.app_id
),

contract_accounts as (
    select distinct account_id from charges
    where app_id is null
),

days as (
    select
        account_id,
        app_id,
        metric,
        usage_date,
        quantity
    from usage_subscribed
    union all
    select
        usage_subscribed.account_id,
        cast(null as varchar) as app_id,
        usage_subscribed.metric,
        usage_subscribed.usage_date,
        cast(sum(usage_subscribed.quantity) as bigint) as quantity
    from usage_subscribed
    semi join contract_accounts on usage_subscribed.account_id = contract_accounts.account_id
    where usage_subscribed.subscribed_app_id is null
    group by all
),

used as (
    select
        observed.account_id,
        observed.app_id,
        observed.metric,
        cast(sum(days.quantity) as bigint) as used_units
    from observed
    inner join days
        on
            observed.account_id = days.account_id
            and observed.app_id is not distinct from days.app_id
            and observed.metric = days.metric
            and observed.period_start_date <= days.usage_date
            and observed.last_ended_date >= days.usage_date
    group by all
),

calendar as (
    select
        account_id,
        app_id,
        metric,
        observed_days,
        cast(unnest(
            generate_series(
                cast(last_ended_date - observed_days + 1 as date), last_ended_date, interval '1 day'
            )
        ) as date) as usage_date
    from observed
    where no_forecast_reason is null
),

weeks as (
    select
        calendar.account_id,
        calendar.app_id,
        calendar.metric,
        coalesce(days.quantity, 0) as quantity,
        cast(
            sum(coalesce(days.quantity, 0)) over last_seven_days as bigint
        ) as week_units,
        count(*) over last_seven_days as week_days
    from calendar
    left join days
        on
            calendar.account_id = days.account_id
            and calendar.app_id is not distinct from days.app_id
            and calendar.metric = days.metric
            and calendar.usage_date = days.usage_date
    window last_seven_days as (
        partition by calendar.account_id, calendar.app_id, calendar.metric
        order by calendar.usage_date
        rows between 6 preceding and current row
    )
),

paces as (
    select
        account_id,
        app_id,
        metric,
        cast(sum(quantity) as bigint) as observed_units,
        min(week_units) filter (where week_days = 7) as quietest_week_units,
        max(week_units) filter (where week_days = 7) as busiest_week_units
    from weeks
    group by account_id, app_id, metric
),

-- In whole units: the expected ones rounded, the bounds outwards.
forecasts as (
    select
        observed.account_id,
        observed.app_id,
        observed.metric,
        observed.plan_id,
        observed.charge_id,
        observed.charge_model,
        observed.month_date,
        observed.period_start_date,
        observed.period_end_date,
        observed.last_ended_date as through_date,
        observed.remaining_days,
        observed.included_units,
        coalesce(used.used_units, 0) as used_units,
        case when observed.no_forecast_reason is null then observed.observed_days end as observed_days,
        paces.observed_units,
        paces.quietest_week_units,
        paces.busiest_week_units,
        coalesce(used.used_units, 0)
        + (2 * paces.observed_units * observed.remaining_days + observed.observed_days)
        // (2 * observed.observed_days) as expected_units,
        coalesce(used.used_units, 0) + paces.quietest_week_units * observed.remaining_days // 7 as low_units,
        coalesce(used.used_units, 0) + (paces.busiest_week_units * observed.remaining_days + 6) // 7 as high_units,
        observed.no_forecast_reason
    from observed
    left join used
        on
            observed.account_id = used.account_id
            and observed.app_id is not distinct from used.app_id
            and observed.metric = used.metric
    left join paces
        on
            observed.account_id = paces.account_id
            and observed.app_id is not distinct from paces.app_id
            and observed.metric = paces.metric
)

select * from forecasts
