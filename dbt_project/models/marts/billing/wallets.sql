-- Balance and status of prepaid apps as the console shows them (P10, doc), on the account's last day.
with movements as (
    select * from {{ ref('wallet_movements') }}
),

plan_states as (
    select * from {{ ref('plan_states') }}
),

plan_terms as (
    select * from {{ ref('plan_terms') }}
),

-- A wallet is in the currency of the prepaid plan that it pays for (P0).
currencies as (
    select
        periods.account_id,
        periods.app_id,
        arg_max(plans.currency, periods.from_date) as currency
    from {{ ref('int_subscription_periods') }} as periods
    inner join {{ ref('plans') }} as plans on periods.plan_id = plans.plan_id
    where plans.plan_kind = 'payg'
    group by periods.account_id, periods.app_id
),

accounts as (
    select * from {{ ref('accounts') }}
),

dated as (
    select * from {{ ref('int_accounts_dated') }}
),

balances as (
    select
        account_id,
        app_id,
        cast(sum(amount) filter (where credit_kind = 'free') as decimal(18, 4)) as free_balance,
        cast(sum(amount) filter (where credit_kind = 'paid') as decimal(18, 4)) as paid_balance,
        min(movement_date) as first_date
    from movements
    group by account_id, app_id
),

-- The present rate: what was drawn in the last thirty days, or since the wallet began.
rates as (
    select
        balances.account_id,
        balances.app_id,
        least(30, dated.last_date - balances.first_date + 1) as days,
        cast(
            coalesce(
                -sum(movements.amount) filter (
                    where
                    movements.movement_kind in ('draw', 'return')
                    and movements.movement_date > dated.last_date - 30
                ), 0
            ) as decimal(18, 4)
        ) as drawn_amount
    from balances
    inner join dated on balances.account_id = dated.account_id
    inner join movements on balances.account_id = movements.account_id and balances.app_id = movements.app_id
    group by all
),

wallets as (
    select
        balances.account_id,
        balances.app_id,
        coalesce(currencies.currency, accounts.currency) as currency,
        coalesce(balances.free_balance, 0) as free_balance,
        coalesce(balances.paid_balance, 0) as paid_balance,
        cast(coalesce(balances.free_balance, 0) + coalesce(balances.paid_balance, 0) as decimal(18, 4)) as balance,
        plan_terms.low_balance,
        rates.drawn_amount,
        rates.days
    from balances
    inner join accounts on balances.account_id = accounts.account_id
    inner join rates on balances.account_id = rates.account_id and balances.app_id = rates.app_id
    left join currencies on balances.account_id = currencies.account_id and balances.app_id = currencies.app_id
    left join plan_states on balances.account_id = plan_states.account_id and balances.app_id = plan_states.app_id
    left join plan_terms on plan_states.plan_id = plan_terms.plan_id
),

described as (
    select
        account_id,
        app_id,
        currency,
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
            when balance > 0 and drawn_amount > 0
                then cast(
                    cast(balance * 10000 as hugeint) * days // cast(drawn_amount * 10000 as hugeint) as bigint
                )
        end as days_left
    from wallets
)

select * from described
order by account_id, app_id
