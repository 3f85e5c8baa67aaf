-- Each step of a subscription beside what it is judged by: its plan's fee and terms and both currencies.
-- Orders, credits and contract prices change no subscription, but are judged by the plan then in force.
with events as (
    select
        * exclude (app_id),
        case when event_type != 'contract_price_set' then app_id end as app_id
    from {{ ref('int_account_events_accepted') }}
    where
        event_type in (
            'plan_subscribed', 'plan_changed', 'plan_cancelled', 'extension_requested', 'extension_granted',
            'extension_refused', 'seats_set', 'app_closed', 'order_placed', 'free_credit_granted',
            'auto_reload_set', 'contract_price_set'
        )
),

versions as (
    select
        plan_id,
        unit_price as base_fee,
        currency,
        from_date,
        until_date
    from {{ ref('int_prices') }}
    where metric = 'base_fee'
),

plans as (
    select * from {{ ref('int_plans_described') }}
),

currencies as (
    select * from {{ ref('int_account_currencies') }}
),

plan_events as (
    select
        events.account_id,
        events.app_id,
        events.event_id,
        events.event_type,
        events.occurred_at,
        events.event_date,
        case when events.event_type in ('plan_subscribed', 'plan_changed') then events.plan_id end as plan_id,
        plans.plan_kind,
        plans.expires_after_days,
        plans.has_agents,
        versions.base_fee,
        versions.currency as plan_currency,
        events.seats,
        try_cast(events.payload ->> 'days' as integer) as extension_days,
        -- An auto-reload that is switched off orders nothing.
        case
            when events.payload ->> 'is_on' = 'false' then null
            else try_cast(events.payload ->> 'amount' as decimal(18, 6))
        end as amount,
        try_cast(events.payload ->> 'threshold' as decimal(18, 6)) as threshold,
        try_cast(events.payload ->> 'expires_date' as date) as credit_expires_date,
        coalesce(currencies.currency, '{{ var("default_currency") }}') as account_currency,
        row_number() over (
            partition by events.account_id, events.app_id
            order by events.occurred_at, events.event_id
        ) as step
    from events
    left join plans on events.plan_id = plans.plan_id
    left join versions
        on
            events.plan_id = versions.plan_id
            and events.event_date >= versions.from_date
            and events.event_date < versions.until_date
    left join currencies
        on
            events.account_id = currencies.account_id
            and events.event_date >= currencies.from_date
            and events.event_date < currencies.until_date
)

select * from plan_events
