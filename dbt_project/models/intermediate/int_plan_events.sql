-- Each order about a subscription beside what it is judged by: its plan's fee and both currencies.
with events as (
    select * from {{ ref('int_account_events_accepted') }}
),

base_fees as (
    select * from {{ ref('int_prices') }}
    where metric = 'base_fee'
),

currencies as (
    select
        account_id,
        occurred_at,
        arg_max(currency, event_id) as currency
    from events
    where event_type in ('account_opened', 'currency_set') and currency is not null
    group by account_id, occurred_at
),

plan_events as (
    select
        events.account_id,
        events.app_id,
        events.event_id,
        events.event_type,
        events.occurred_at,
        events.event_date,
        events.plan_id,
        base_fees.unit_price as base_fee,
        base_fees.currency as plan_currency,
        coalesce(
            (
                select arg_max(currencies.currency, currencies.occurred_at)
                from currencies
                where
                    events.account_id = currencies.account_id
                    and events.occurred_at >= currencies.occurred_at
            ),
            '{{ var("default_currency") }}'
        ) as account_currency,
        row_number() over (
            partition by events.account_id, events.app_id
            order by events.occurred_at, events.event_id
        ) as step
    from events
    left join base_fees
        on
            events.plan_id = base_fees.plan_id
            and events.event_date >= base_fees.from_date
            and events.event_date < base_fees.until_date
    where events.event_type in ('plan_subscribed', 'plan_changed', 'plan_cancelled')
)

select * from plan_events
