-- A returned row is an app and currency whose prepayments in the journal are not its wallet's paid balance (P10): what
-- top-ups were invoiced for, less what credit notes and voids on them took back and what paid funds were drawn for.
-- Top-ups that the next issuing invoices count as booked: their funds can be drawn on already. The journal is made in
-- reports/finance.py, of the same entries of the ledger.
with documents as (
    select * from {{ ref('stg_lake__issued_documents') }}
),

top_ups as (
    select * from documents
    where document_class = 'top_up'
),

apps as (
    select distinct
        document_id,
        app_id
    from {{ ref('stg_lake__issued_lines') }}
),

bookings as (
    select
        top_ups.account_id,
        apps.app_id,
        top_ups.currency,
        documents.subtotal as amount
    from top_ups
    inner join apps on top_ups.document_id = apps.document_id
    inner join documents on top_ups.document_id = coalesce(documents.corrects_document_id, documents.document_id)
    union all
    select
        account_id,
        app_id,
        currency,
        amount
    from {{ ref('int_top_up_lines') }}
    union all
    select
        account_id,
        app_id,
        currency,
        -amount as amount
    from {{ ref('int_wallet_draws') }}
    where credit_id is null
),

prepayments as (
    select
        account_id,
        app_id,
        currency,
        sum(amount) as amount
    from bookings
    group by account_id, app_id, currency
)

select
    account_id,
    app_id,
    currency,
    prepayments.amount,
    wallets.paid_balance
from {{ ref('wallets') }} as wallets
full join prepayments using (account_id, app_id, currency)
where coalesce(wallets.paid_balance, 0) != coalesce(prepayments.amount, 0)
