-- What an admin could write into the book next, on the account's last day: every plan, both as a subscription and as
-- a change, and every other step that the console offers; with what the life of its account and app says to it.
-- Funds are offered at the least amount that can be added, seats as one more than none.
with subjects as (
    select
        account_id,
        app_id
    from {{ ref('plan_states') }}
    union
    select
        account_id,
        cast(null as varchar) as app_id
    from {{ ref('accounts') }}
    where account_kind = 'enterprise'
),

accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

plans as (
    select * from {{ ref('int_plans_described') }}
),

event_types as (
    select * from {{ ref('account_event_types') }}
),

steps as (
    select * from {{ ref('int_plan_events_folded') }}
),

currencies as (
    select * from {{ ref('int_account_currencies') }}
),

prices as (
    select * from {{ ref('int_prices') }}
    where metric = 'base_fee'
),

taken as (
    select * from {{ ref('int_account_events_alive') }}
    where refusal_reason is null
),

account_lives as (
    select
        account_id,
        max(case when event_type = 'account_opened' then coalesce(account_kind, 'standard') end) as kind,
        bool_or(event_type = 'account_opened') as is_open_already,
        bool_or(event_type = 'account_closed') as is_closed_already,
        bool_or(event_type = 'app_published') as has_published
    from taken
    group by account_id
),

app_lives as (
    select
        account_id,
        app_id,
        bool_or(event_type = 'app_published') as is_published,
        arg_max(event_type, row(occurred_at, event_id)) filter (
            where event_type in ('app_published', 'app_closed')
        ) as last_turn,
        arg_max(event_type, row(occurred_at, event_id)) filter (
            where event_type in ('app_published', 'app_suspended', 'app_closed')
        ) as last_state
    from taken
    where app_id is not null
    group by account_id, app_id
),

last_steps as (
    select
        account_id,
        app_id,
        max(event_date) as last_step_date
    from steps
    group by account_id, app_id
),

living as (
    select
        subjects.account_id,
        subjects.app_id,
        greatest(accounts.last_date, last_steps.last_step_date) as event_date,
        account_lives.kind,
        coalesce(account_lives.is_open_already, false) as is_open_already,
        coalesce(account_lives.is_closed_already, false) as is_closed_already,
        coalesce(account_lives.has_published, false) as has_published,
        coalesce(app_lives.is_published, false) as is_published,
        app_lives.last_turn,
        app_lives.last_state
    from subjects
    inner join accounts on subjects.account_id = accounts.account_id
    left join account_lives on subjects.account_id = account_lives.account_id
    left join app_lives on subjects.account_id = app_lives.account_id and subjects.app_id = app_lives.app_id
    left join last_steps
        on subjects.account_id = last_steps.account_id and subjects.app_id is not distinct from last_steps.app_id
),

asked as (
    select
        living.*,
        event_types.event_type,
        event_types.is_taken_after_closing,
        plans.plan_id,
        plans.plan_kind,
        plans.expires_after_days,
        plans.has_agents,
        cast(null as bigint) as seats
    from living
    cross join plans
    cross join event_types
    where event_types.event_type in ('plan_subscribed', 'plan_changed')
    union all
    select
        living.*,
        event_types.event_type,
        event_types.is_taken_after_closing,
        cast(null as varchar) as plan_id,
        cast(null as varchar) as plan_kind,
        cast(null as integer) as expires_after_days,
        cast(null as boolean) as has_agents,
        case when event_types.event_type = 'seats_set' then cast(1 as bigint) end as seats
    from living
    cross join event_types
    where
        event_types.event_type in (
            'plan_cancelled', 'extension_requested', 'seats_set', 'order_placed', 'auto_reload_set', 'owner_changed'
        )
        and (event_types.app_rule != 'required' or living.app_id is not null)
),

priced as (
    select
        asked.*,
        prices.unit_price as base_fee,
        prices.currency as plan_currency,
        coalesce(currencies.currency, '{{ var("default_currency") }}') as account_currency
    from asked
    left join prices
        on
            asked.plan_id = prices.plan_id
            and asked.event_date >= prices.from_date
            and asked.event_date < prices.until_date
    left join currencies
        on
            asked.account_id = currencies.account_id
            and asked.event_date >= currencies.from_date
            and asked.event_date < currencies.until_date
),

offered as (
    select
        account_id,
        app_id,
        event_type,
        event_date,
        plan_id,
        plan_kind,
        expires_after_days,
        has_agents,
        seats,
        base_fee,
        plan_currency,
        account_currency,
        coalesce(
            {{ account_life_reason() }},
            {{ app_life_reason() }},
            {{ account_kind_reason() }}
        ) as life_reason
    from priced
)

select * from offered
