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

described as (
    select
        account_id,
        app_id,
        currency,
        is_current,
        free_balance,
        paid_balance,
        balance,
        case
            when balance <= 0 then 'Inactive'
            when balance < low_balance then 'Low balance'
            when paid_balance <= 0 then 'Using free credits'
            else 'Sufficient funds'
        end as balance_status,
        case
            when is_current and balance > 0 and drawn_amount > 0
                then cast(
                    cast(balance * 10000 as hugeint) * days // cast(drawn_amount * 10000 as hugeint) as bigint
                )
        end as days_left
    from wallets
)

select * from described
order by account_id, app_id, currency
