-- A returned row is a payment that no document asked for on its day: it names no issued document of its account, a
-- top-up (paid when its order cleared) or one that gives money back, or it is more than the total less what had been
-- credited. A command refuses such a payment; a file that lands is taken, as its invoice may be issued after it.
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
left join {{ ref('invoices') }} as credits
    on
        documents.invoice_id = credits.corrects_invoice_id
        and credits.document_class = 'credit'
        and payments.paid_date >= credits.issue_date
where not payments.is_reversed
group by payments.account_id, payments.payment_id, payments.invoice_number, payments.amount, documents.total
having payments.amount > coalesce(documents.total + coalesce(sum(credits.total), 0), 0)
