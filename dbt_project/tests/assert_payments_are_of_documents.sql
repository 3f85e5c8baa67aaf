-- A returned row is a payment that counts nowhere, or where nothing was asked for: it names no issued document of its
-- account, a top-up (paid when its order cleared), or a document that gives money back. A command refuses such a
-- payment; a file that lands is taken, as its invoice may be issued after it.
{{ config(severity = 'warn') }}

select
    payments.account_id,
    payments.payment_id,
    payments.invoice_number
from {{ ref('int_payments') }} as payments
left join {{ ref('invoices') }} as documents
    on
        payments.account_id = documents.account_id
        and payments.invoice_number = documents.invoice_number
        and documents.document_class != 'top_up'
        and documents.total > 0
where not payments.is_reversed and documents.invoice_id is null
