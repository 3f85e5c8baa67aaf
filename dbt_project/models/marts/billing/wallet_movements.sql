-- Everything that fills or empties a wallet (P10): the balance on a day is their sum up to it.
with draws as (
    select * from {{ ref('int_wallet_draws') }}
),

accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

-- A plan that is to come brings its credit when it comes.
credits as (
    select
        credits.*,
        accounts.last_date
    from {{ ref('int_credits') }} as credits
    inner join accounts on credits.account_id = accounts.account_id
    where credits.from_date <= accounts.last_date
),

drawn as (
    select
        account_id,
        app_id,
        currency,
        credit_id,
        cast(sum(amount) as decimal(18, 4)) as amount
    from draws
    where credit_id is not null
    group by account_id, app_id, currency, credit_id
),

movements as (
    select
        account_id,
        app_id,
        currency,
        from_date as movement_date,
        case when credit_kind = 'free' then 'free_credit' else 'top_up' end as movement_kind,
        credit_kind,
        credit_id,
        cast(null as date) as month_date,
        cast(amount as decimal(18, 4)) as amount
    from credits
    union all
    select
        account_id,
        app_id,
        currency,
        wallet_date as movement_date,
        case when amount < 0 then 'return' else 'draw' end as movement_kind,
        case when credit_id is null then 'paid' else 'free' end as credit_kind,
        credit_id,
        month_date,
        -amount as amount
    from draws
    union all
    select
        credits.account_id,
        credits.app_id,
        credits.currency,
        credits.expires_date as movement_date,
        'lapse' as movement_kind,
        credits.credit_kind,
        credits.credit_id,
        cast(null as date) as month_date,
        cast(coalesce(drawn.amount, 0) - credits.amount as decimal(18, 4)) as amount
    from credits
    left join drawn
        on
            credits.account_id = drawn.account_id
            and credits.app_id = drawn.app_id
            and credits.currency = drawn.currency
            and credits.credit_id = drawn.credit_id
    where
        credits.expires_date <= credits.last_date
        and cast(coalesce(drawn.amount, 0) as decimal(18, 4)) != credits.amount
)

select * from movements
order by account_id, app_id, currency, movement_date, movement_kind, credit_id, month_date, amount
