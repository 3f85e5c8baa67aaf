-- A returned row is a wallet whose balance is not what was put in, less what was drawn and what lapsed (P10).
{{ config(meta = {'dagster': {'ref': {'name': 'wallets'}}}) }}

with drawn as (
    select
        account_id,
        app_id,
        credit_id,
        sum(amount) as amount
    from {{ ref('int_wallet_draws') }}
    group by account_id, app_id, credit_id
),

-- A credit that has expired is worth nothing any more, whatever was left of it.
free as (
    select
        credits.account_id,
        credits.app_id,
        sum(credits.amount - coalesce(drawn.amount, 0)) as amount
    from {{ ref('int_credits') }} as credits
    inner join {{ ref('int_accounts_dated') }} as accounts on credits.account_id = accounts.account_id
    left join drawn
        on
            credits.account_id = drawn.account_id
            and credits.app_id = drawn.app_id
            and credits.credit_id = drawn.credit_id
    where credits.credit_kind = 'free' and coalesce(credits.expires_date > accounts.last_date, true)
    group by credits.account_id, credits.app_id
),

put_in as (
    select
        account_id,
        app_id,
        sum(amount) as amount
    from {{ ref('int_credits') }}
    where credit_kind = 'paid'
    group by account_id, app_id
)

select
    wallets.account_id,
    wallets.app_id,
    wallets.balance
from {{ ref('wallets') }} as wallets
left join free on wallets.account_id = free.account_id and wallets.app_id = free.app_id
left join put_in on wallets.account_id = put_in.account_id and wallets.app_id = put_in.app_id
left join drawn
    on wallets.account_id = drawn.account_id and wallets.app_id = drawn.app_id and drawn.credit_id is null
where
    wallets.free_balance != coalesce(free.amount, 0)
    or wallets.paid_balance != coalesce(put_in.amount, 0) - coalesce(drawn.amount, 0)
    or wallets.balance != wallets.free_balance + wallets.paid_balance
