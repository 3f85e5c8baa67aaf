-- What is to come for the plan of an app, what was asked for and is pending, and what an admin should know.
with app_plans as (
    select * from {{ ref('app_plans') }}
),

accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

apps as (
    select * from {{ ref('apps') }}
),

states as (
    select * from {{ ref('plan_states') }}
),

plans as (
    select * from {{ ref('int_plans_described') }}
),

last_steps as (
    select * from {{ ref('int_plan_events_folded') }}
    qualify row_number() over (partition by account_id, app_id order by step desc) = 1
),

requests as (
    select * from {{ ref('int_extension_requests') }}
    qualify row_number() over (partition by account_id, app_id order by requested_at desc, request_id desc) = 1
),

wallets as (
    select * from {{ ref('wallets') }}
),

movements as (
    select * from {{ ref('wallet_movements') }}
),

credits as (
    select * from {{ ref('int_credits') }}
),

orders as (
    select * from {{ ref('int_orders') }}
    where status = 'pending'
),

auto_reloads as (
    select * from {{ ref('auto_reloads') }}
    where is_on
),

trials as (
    select * from {{ ref('trials') }}
    qualify row_number() over (partition by account_id, app_id order by from_date desc) = 1
),

account_prices as (
    select * from {{ ref('int_account_prices') }}
),

alive as (
    select * from app_plans
    where status != 'Closed'
),

changes as (
    select
        states.account_id,
        states.app_id,
        case when last_steps.next_base_fee < last_steps.base_fee then 'downgrade' else 'change' end as notice_kind,
        states.next_date as notice_date,
        plans.plan_name
    from states
    inner join plans on states.next_plan_id = plans.plan_id
    left join last_steps
        on states.account_id = last_steps.account_id and states.app_id is not distinct from last_steps.app_id
    where states.next_plan_id is not null
),

-- A cancellation has a day from which on there is no plan; any other end is the plan's own, or the account's.
endings as (
    select
        states.account_id,
        states.app_id,
        case
            when not states.is_in_force then 'ended'
            when last_steps.next_date = states.expires_date and last_steps.next_plan_id is null then 'cancelled'
            else 'expires'
        end as notice_kind,
        states.expires_date as notice_date,
        states.plan_name
    from states
    left join last_steps
        on states.account_id = last_steps.account_id and states.app_id is not distinct from last_steps.app_id
    where states.expires_date is not null and states.next_plan_id is null
),

extensions as (
    select
        requests.account_id,
        requests.app_id,
        case when requests.status = 'open' then 'extension_requested' else 'extension_' || requests.status end
            as notice_kind,
        coalesce(requests.answered_date, requests.requested_date) as notice_date,
        coalesce(requests.granted_days, requests.requested_days) as days,
        requests.refused_because as remark
    from requests
    inner join states on requests.account_id = states.account_id and requests.app_id = states.app_id
    where requests.status in ('open', 'granted', 'refused') and requests.requested_date >= states.from_date
),

balances as (
    select
        alive.account_id,
        alive.app_id,
        case when alive.balance <= 0 then 'no_balance' else 'low_balance' end as notice_kind,
        alive.balance as amount,
        alive.wallet_currency as currency
    from alive
    where alive.plan_kind = 'payg' and alive.is_in_force and alive.balance_status in ('Low balance', 'Inactive')
),

other_wallets as (
    select
        wallets.account_id,
        wallets.app_id,
        'other_wallet' as notice_kind,
        wallets.balance as amount,
        wallets.currency
    from wallets
    inner join alive on wallets.account_id = alive.account_id and wallets.app_id = alive.app_id
    where not wallets.is_current and wallets.balance != 0
),

lapsing as (
    select
        credits.account_id,
        credits.app_id,
        'credit_lapses' as notice_kind,
        credits.expires_date as notice_date,
        cast(sum(movements.amount) as decimal(18, 4)) as amount,
        credits.currency
    from credits
    inner join accounts on credits.account_id = accounts.account_id
    inner join alive on credits.account_id = alive.account_id and credits.app_id = alive.app_id
    inner join movements
        on
            credits.account_id = movements.account_id
            and credits.app_id = movements.app_id
            and credits.currency = movements.currency
            and credits.credit_id = movements.credit_id
    where credits.credit_kind = 'free' and credits.expires_date > accounts.last_date
    group by credits.account_id, credits.app_id, credits.credit_id, credits.expires_date, credits.currency
    having sum(movements.amount) > 0
),

funds as (
    select
        account_id,
        app_id,
        'order_pending' as notice_kind,
        placed_date as notice_date,
        amount,
        currency,
        order_id as remark
    from orders
),

reloads as (
    select
        alive.account_id,
        alive.app_id,
        'auto_reload' as notice_kind,
        auto_reloads.amount,
        auto_reloads.threshold as threshold_amount,
        plans.currency
    from auto_reloads
    inner join alive on auto_reloads.account_id = alive.account_id and auto_reloads.app_id = alive.app_id
    inner join plans on alive.plan_id = plans.plan_id
    where alive.plan_kind = 'payg' and alive.is_in_force
),

excesses as (
    select
        trials.account_id,
        trials.app_id,
        'trial_excess' as notice_kind,
        trials.excess_sessions as units
    from trials
    inner join states
        on
            trials.account_id = states.account_id
            and trials.app_id = states.app_id
            and trials.from_date = states.from_date
    where trials.excess_sessions > 0
),

lives as (
    select
        account_id,
        app_id,
        'suspended' as notice_kind,
        cast(null as date) as notice_date
    from app_plans
    where status = 'Suspended'
    union all
    select
        app_plans.account_id,
        app_plans.app_id,
        'closed' as notice_kind,
        coalesce(apps.closed_date, accounts.closed_date) as notice_date
    from app_plans
    inner join accounts on app_plans.account_id = accounts.account_id
    left join apps on app_plans.account_id = apps.account_id and app_plans.app_id = apps.app_id
    where app_plans.status = 'Closed'
),

-- A published price never changes, but the next version's is known before its day (P1).
price_changes as (
    select distinct
        alive.account_id,
        alive.app_id,
        'price_change' as notice_kind,
        account_prices.from_date as notice_date
    from alive
    inner join accounts on alive.account_id = accounts.account_id
    inner join account_prices
        on
            alive.account_id = account_prices.account_id
            and alive.plan_id = account_prices.plan_id
            and accounts.last_date < account_prices.from_date
    left join states
        on alive.account_id = states.account_id and alive.app_id is not distinct from states.app_id
    where
        alive.is_in_force
        and not alive.is_under_contract
        and account_prices.from_date < coalesce(states.expires_date, states.next_date, date '9999-12-31')
),

notices as (
    select * from changes
    {% for notices in [
        'endings', 'extensions', 'balances', 'other_wallets', 'lapsing', 'funds', 'reloads', 'excesses', 'lives',
        'price_changes'
    ] -%}
        union all by name
        select * from {{ notices }}
    {% endfor -%}
),

numbered as (
    select
        account_id,
        app_id,
        row_number() over (
            partition by account_id, app_id
            order by notice_date, notice_kind, remark, amount, currency
        ) as notice_number,
        notice_kind,
        notice_date,
        plan_name,
        amount,
        threshold_amount,
        currency,
        days,
        units,
        remark
    from notices
)

select * from numbered
order by account_id, app_id, notice_number
