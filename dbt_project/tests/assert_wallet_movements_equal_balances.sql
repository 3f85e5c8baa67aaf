-- A returned row is a wallet whose balance is not what was put in, less what was drawn, what lapsed and what credit
-- notes took out (P10), in its own currency (P0).
with credits as (
    select
        credits.*,
        coalesce(credits.expires_date <= accounts.last_date, false) as is_lapsed
    from {{ ref('int_credits') }} as credits
    inner join {{ ref('int_accounts_dated') }} as accounts on credits.account_id = accounts.account_id
    where credits.credit_kind = 'free' and credits.from_date <= accounts.last_date
),

-- A credit that has expired is worth nothing any more, whatever was left of it.
parts as (
    select
        account_id,
        app_id,
        currency,
        credit_kind,
        amount
    from credits
    where not is_lapsed
    union all
    select
        account_id,
        app_id,
        currency,
        'paid' as credit_kind,
        amount - credited_amount as amount
    from {{ ref('int_top_ups') }}
    union all
    select
        draws.account_id,
        draws.app_id,
        draws.currency,
        case when draws.credit_id is null then 'paid' else 'free' end as credit_kind,
        -draws.amount as amount
    from {{ ref('int_wallet_draws') }} as draws
    anti join credits
        on
            draws.account_id = credits.account_id
            and draws.app_id = credits.app_id
            and draws.currency = credits.currency
            and draws.credit_id = credits.credit_id
            and credits.is_lapsed
),

expected as (
    select
        account_id,
        app_id,
        currency,
        coalesce(sum(amount) filter (where credit_kind = 'free'), 0) as free_balance,
        coalesce(sum(amount) filter (where credit_kind = 'paid'), 0) as paid_balance
    from parts
    group by account_id, app_id, currency
)

select
    account_id,
    app_id,
    currency,
    wallets.balance
from {{ ref('wallets') }} as wallets
full join expected using (account_id, app_id, currency)
where
    coalesce(wallets.free_balance, 0) != coalesce(expected.free_balance, 0)
    or coalesce(wallets.paid_balance, 0) != coalesce(expected.paid_balance, 0)
    or wallets.balance != wallets.free_balance + wallets.paid_balance
