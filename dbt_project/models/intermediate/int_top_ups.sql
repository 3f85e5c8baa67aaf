-- P10: the paid funds of wallets, as they were invoiced, or will be by the next issuing, and what of each top-up is
-- left unspent. Funds are spent in the order in which they came, so a later top-up frees nothing of an earlier one.
-- What the ledger has is what the wallet got: a book that is told otherwise later changes no invoice (I2).
with issued_documents as (
    select * from {{ ref('stg_lake__issued_documents') }}
),

issued_apps as (
    select
        document_id,
        any_value(app_id) as app_id
    from {{ ref('stg_lake__issued_lines') }}
    group by document_id
),

top_ups as (
    select
        issued_documents.document_id,
        issued_documents.account_id,
        issued_apps.app_id,
        issued_documents.currency,
        issued_documents.order_id,
        issued_documents.period_start_date as from_date,
        issued_documents.subtotal as amount
    from issued_documents
    inner join issued_apps on issued_documents.document_id = issued_apps.document_id
    where issued_documents.document_class = 'top_up'
    union all
    select
        document_id,
        account_id,
        app_id,
        currency,
        order_id,
        settled_date as from_date,
        amount
    from {{ ref('int_top_up_lines') }}
),

credits as (
    select
        corrects_document_id as document_id,
        -sum(subtotal) as amount
    from issued_documents
    where document_class = 'credit'
    group by corrects_document_id
),

draws as (
    select
        account_id,
        app_id,
        currency,
        sum(amount) as amount
    from {{ ref('int_wallet_draws') }}
    where credit_id is null
    group by account_id, app_id, currency
),

netted as (
    select
        top_ups.*,
        coalesce(credits.amount, 0) as credited_amount,
        top_ups.amount - coalesce(credits.amount, 0) as net_amount
    from top_ups
    left join credits on top_ups.document_id = credits.document_id
),

queued as (
    select
        *,
        sum(net_amount) over (
            partition by account_id, app_id, currency
            order by from_date, document_id
        ) as funds_so_far
    from netted
),

described as (
    select
        queued.document_id,
        queued.account_id,
        queued.app_id,
        queued.currency,
        queued.order_id,
        queued.from_date,
        cast(queued.amount as decimal(18, 4)) as amount,
        cast(queued.credited_amount as decimal(18, 4)) as credited_amount,
        cast(
            greatest(least(queued.net_amount, queued.funds_so_far - coalesce(draws.amount, 0)), 0) as decimal(18, 4)
        ) as unspent_amount
    from queued
    left join draws
        on
            queued.account_id = draws.account_id
            and queued.app_id = draws.app_id
            and queued.currency = draws.currency
)

select * from described
