-- Everything that fills or empties a wallet (P10): the balance on a day is their sum up to it.
with draws as (
    select * from {{ ref('int_wallet_draws') }}
),

accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

top_ups as (
    select * from {{ ref('int_top_ups') }}
),

credit_notes as (
    select * from {{ ref('stg_lake__issued_documents') }}
    where document_class = 'credit'
),

-- A plan that is to come brings its credit when it comes.
credits as (
    select
        credits.*,
        accounts.last_date
    from {{ ref('int_credits') }} as credits
    inner join accounts on credits.account_id = accounts.account_id
    where credits.credit_kind = 'free' and credits.from_date <= accounts.last_date
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
        'free_credit' as movement_kind,
        credit_kind,
        credit_id,
        cast(null as date) as month_date,
        cast(null as varchar) as document_number,
        cast(amount as decimal(18, 4)) as amount
    from credits
    union all by name
    select
        account_id,
        app_id,
        currency,
        from_date as movement_date,
        'top_up' as movement_kind,
        'paid' as credit_kind,
        'order/' || order_id as credit_id,
        amount
    from top_ups
    union all by name
    select
        top_ups.account_id,
        top_ups.app_id,
        top_ups.currency,
        credit_notes.issue_date as movement_date,
        'credit_note' as movement_kind,
        'paid' as credit_kind,
        'order/' || top_ups.order_id as credit_id,
        credit_notes.number as document_number,
        credit_notes.subtotal as amount
    from credit_notes
    inner join top_ups on credit_notes.corrects_document_id = top_ups.document_id
    union all by name
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
    union all by name
    select
        credits.account_id,
        credits.app_id,
        credits.currency,
        credits.expires_date as movement_date,
        'lapse' as movement_kind,
        credits.credit_kind,
        credits.credit_id,
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
order by account_id, app_id, currency, movement_date, movement_kind, credit_id, month_date, document_number, amount
