-- P10: what the usage of a month comes to so far, night by night: of an app with a prepaid plan, up to each
-- local day that has ended before the watermark.
with charges as (
    select * from {{ ref('int_charges_described') }}
    where plan_kind = 'payg' and charge_kind = 'usage'
),

accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

usage_subscribed as (
    select * from {{ ref('int_usage_subscribed') }}
    where unrated_reason is null
),

days as (
    select
        charges.charge_id,
        charges.account_id,
        charges.app_id,
        charges.month_date,
        charges.metric,
        charges.price_id,
        cast(unnest(
            generate_series(
                charges.charge_period_start_date,
                least(charges.charge_period_end_date - 1, accounts.last_ended_date),
                interval '1 day'
            )
        ) as date) as wallet_date
    from charges
    inner join accounts on charges.account_id = accounts.account_id
),

to_date as (
    select
        days.charge_id || '@' || strftime(days.wallet_date, '%Y-%m-%d') as wallet_charge_id,
        days.charge_id,
        days.account_id,
        days.app_id,
        days.month_date,
        days.wallet_date,
        cast(
            sum(coalesce(usage_subscribed.quantity, 0)) over (
                partition by days.charge_id
                order by days.wallet_date
            ) as bigint
        ) as quantity
    from days
    left join usage_subscribed
        on
            days.account_id = usage_subscribed.account_id
            and days.app_id = usage_subscribed.subscribed_app_id
            and days.metric = usage_subscribed.metric
            and days.price_id = usage_subscribed.price_id
            and days.wallet_date = usage_subscribed.usage_date
)

select * from to_date
