-- Balance and status of prepaid apps as the console shows them (P10, doc), on the account's last day. Each
-- currency is a wallet of its own: what a change of currency leaves behind stays as it is (P0).
with movements as (
    select * from {{ ref('wallet_movements') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

dated as (
    select * from {{ ref('int_accounts_dated') }}
),

periods as (
    select * from {{ ref('int_subscription_periods') }}
),

plans as (
    select * from {{ ref('int_plans_described') }}
    where plan_kind = 'payg'
),

credits as (
    select * from {{ ref('int_credits') }}
    where expires_date is not null
),

-- What is low is said by the last prepaid plan in the wallet's currency.
bounds as (
    select
        periods.account_id,
        periods.app_id,
        plans.currency,
        arg_max(plans.low_balance, periods.from_date) as low_balance
    from periods
    inner join plans on periods.plan_id = plans.plan_id
    inner join dated on periods.account_id = dated.account_id
    where periods.from_date <= dated.last_date
    group by periods.account_id, periods.app_id, plans.currency
),

-- The present rate: what was drawn in the last thirty days, or since the wallet began.
balances as (
    select
        movements.account_id,
        movements.app_id,
        movements.currency,
        {% for kind in ['free', 'paid'] -%}
            cast(
                coalesce(sum(movements.amount) filter (where movements.credit_kind = '{{ kind }}'), 0) as decimal(18, 4)
            ) as {{ kind }}_balance,
        {% endfor -%}
        cast(sum(movements.amount) as decimal(18, 4)) as balance,
        least(30, dated.last_date - min(movements.movement_date) + 1) as days,
        cast(
            coalesce(
                -sum(movements.amount) filter (
                    where
                    movements.movement_kind in ('draw', 'return')
                    and movements.movement_date > dated.last_date - 30
                ), 0
            ) as decimal(18, 4)
        ) as drawn_amount
    from movements
    inner join dated on movements.account_id = dated.account_id
    group by movements.account_id, movements.app_id, movements.currency, dated.last_date
),

wallets as (
    select
        balances.*,
        balances.currency = accounts.currency as is_current,
        bounds.low_balance
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    left join bounds
        on
            balances.account_id = bounds.account_id
            and balances.app_id = bounds.app_id
            and balances.currency = bounds.currency
),

-- The days to come on which credit lapses: how many nights draw before each, for a night draws from a credit up to the
-- day before it lapses, and how much of what is left now would have lapsed by then; first of all now, where nothing has.
lapses as (
    select
        account_id,
        app_id,
        currency,
        0 as lapse_days,
        cast(0 as decimal(18, 4)) as lapsed_amount
    from balances
    union all
    select
        movements.account_id,
        movements.app_id,
        movements.currency,
        credits.expires_date - dated.last_ended_date - 1 as lapse_days,
        cast(
            sum(sum(movements.amount)) over (
                partition by movements.account_id, movements.app_id, movements.currency
                order by credits.expires_date
            ) as decimal(18, 4)
        ) as lapsed_amount
    from movements
    inner join credits
        on movements.account_id = credits.account_id and movements.credit_id = credits.credit_id
    inner join dated on movements.account_id = dated.account_id
    where credits.expires_date > dated.last_date
    group by
        movements.account_id, movements.app_id, movements.currency, credits.expires_date, dated.last_ended_date
    having sum(movements.amount) > 0
),

-- The soonest to lapse is drawn first. So from any of those days on the wallet lasts at most by what has not lapsed by
-- then, and the shortest of these times is how long it does last.
lasting as (
    select
        wallets.account_id,
        wallets.app_id,
        wallets.currency,
        min(
            lapses.lapse_days
            + cast(greatest(wallets.balance - lapses.lapsed_amount, 0) * 10000 as hugeint) * wallets.days
            // cast(wallets.drawn_amount * 10000 as hugeint)
        ) as days_left
    from wallets
    inner join lapses
        on
            wallets.account_id = lapses.account_id
            and wallets.app_id = lapses.app_id
            and wallets.currency = lapses.currency
    where wallets.is_current and wallets.balance > 0 and wallets.drawn_amount > 0
    group by wallets.account_id, wallets.app_id, wallets.currency
),

described as (
    select
        wallets.account_id,
        wallets.app_id,
        wallets.currency,
        wallets.is_current,
        wallets.free_balance,
        wallets.paid_balance,
        wallets.balance,
        case
            when wallets.balance <= 0 then 'Inactive'
            when wallets.balance < wallets.low_balance then 'Low balance'
            when wallets.paid_balance <= 0 then 'Using free credits'
            else 'Sufficient funds'
        end as balance_status,
        cast(lasting.days_left as bigint) as days_left
    from wallets
    left join lasting
        on
            wallets.account_id = lasting.account_id
            and wallets.app_id = lasting.app_id
            and wallets.currency = lasting.currency
)

select * from described
order by account_id, app_id, currency
