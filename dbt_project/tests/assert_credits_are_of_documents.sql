-- A returned row is a request for a credit note or void that comes to nothing: it names no issued document of its
-- account, a credit note, or a document of which all is credited already. A command refuses such a request; a file
-- that lands is taken, as its invoice may be issued after it. Of a top-up that is spent the order tells.
{{ config(severity = 'warn') }}

select
    requests.account_id,
    requests.request_id,
    requests.invoice_number
from {{ ref('int_credit_notes_requested') }} as requests
anti join {{ ref('invoices') }} as issued
    on {{ document_id('credit', 'requests.account_id', 'requests.request_id') }} = issued.invoice_id
left join {{ ref('invoices') }} as documents
    on
        requests.account_id = documents.account_id
        and requests.invoice_number = documents.invoice_number
        and documents.document_class != 'credit'
left join {{ ref('invoices') }} as credits
    on
        documents.invoice_id = credits.corrects_invoice_id
        and credits.document_class = 'credit'
        and credits.status = 'issued'
group by requests.account_id, requests.request_id, requests.invoice_number, documents.subtotal
having coalesce(documents.subtotal + coalesce(sum(credits.subtotal), 0), 0) = 0
