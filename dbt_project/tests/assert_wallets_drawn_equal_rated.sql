-- A returned row is a wallet from which more was drawn for a month than its usage comes to by the last night
-- that drew, or less (P10); a wallet is of one currency (P0). Only wallets that drew in the newest night: until a
-- night draws, late usage of earlier days stands beside what was drawn without it.
{{ config(severity = 'warn') }}

with newest as (
    select
        account_id,
        app_id,
        currency,
        max(wallet_date) as wallet_date
    from {{ ref('int_wallet_ratings') }}
    group by account_id, app_id, currency
),

last_nights as (
    select distinct
        draws.account_id,
        draws.app_id,
        draws.currency,
        draws.wallet_date
    from {{ ref('int_wallet_draws') }} as draws
    inner join newest
        on
            draws.account_id = newest.account_id
            and draws.app_id = newest.app_id
            and draws.currency = newest.currency
            and draws.wallet_date = newest.wallet_date
),

rated as (
    select
        ratings.account_id,
        ratings.app_id,
        ratings.currency,
        ratings.month_date,
        ratings.charge_id,
        arg_max(ratings.amount, ratings.wallet_date) as amount
    from {{ ref('int_wallet_ratings') }} as ratings
    inner join last_nights
        on
            ratings.account_id = last_nights.account_id
            and ratings.app_id = last_nights.app_id
            and ratings.currency = last_nights.currency
            and ratings.wallet_date <= last_nights.wallet_date
    group by ratings.account_id, ratings.app_id, ratings.currency, ratings.month_date, ratings.charge_id
),

signed as (
    select
        account_id,
        app_id,
        currency,
        month_date,
        amount
    from rated
    union all
    select
        draws.account_id,
        draws.app_id,
        draws.currency,
        draws.month_date,
        -draws.amount as amount
    from {{ ref('int_wallet_draws') }} as draws
    inner join last_nights
        on
            draws.account_id = last_nights.account_id
            and draws.app_id = last_nights.app_id
            and draws.currency = last_nights.currency
)

select
    account_id,
    app_id,
    currency,
    month_date
from signed
group by account_id, app_id, currency, month_date
having sum(amount) != 0
