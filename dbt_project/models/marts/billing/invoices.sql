with draft_months as (
    select * from {{ ref('int_draft_months') }}
),

correction_documents as (
    select * from {{ ref('int_correction_documents') }}
    where document_class = 'correction'
),

top_up_lines as (
    select * from {{ ref('int_top_up_lines') }}
),

credit_notes as (
    select distinct on (document_id) *
    from {{ ref('int_credit_note_lines') }}
    order by document_id, line_number
),

totals as (
    select * from {{ ref('int_document_totals') }}
),

issued_documents as (
    select * from {{ ref('stg_lake__issued_documents') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

payments as (
    select
        account_id,
        invoice_number,
        cast(sum(amount) as decimal(18, 4)) as amount
    from {{ ref('int_payments') }}
    where not is_reversed
    group by account_id, invoice_number
),

credits as (
    select
        corrects_document_id,
        cast(-sum(total) as decimal(18, 4)) as amount
    from issued_documents
    where document_class = 'credit'
    group by corrects_document_id
),

drafts as (
    select
        draft_months.account_id,
        draft_months.document_id as invoice_id,
        'month' as document_class,
        draft_months.month_date as invoice_month,
        draft_months.currency,
        draft_months.zone,
        draft_months.month_date as period_start_date,
        draft_months.next_month_date as period_end_date,
        draft_months.due_at as issuable_at,
        totals.document_id is not null as has_lines,
        case when draft_months.is_due and totals.document_id is not null then 'due' else 'draft' end as status,
        cast(coalesce(totals.subtotal, 0) as decimal(18, 4)) as subtotal,
        cast(coalesce(totals.tax, 0) as decimal(18, 4)) as tax
    from draft_months
    left join totals on draft_months.document_id = totals.document_id
    union all by name
    select
        correction_documents.account_id,
        correction_documents.document_id as invoice_id,
        'correction' as document_class,
        correction_documents.month_date as invoice_month,
        correction_documents.currency,
        correction_documents.zone,
        correction_documents.month_date as period_start_date,
        correction_documents.next_month_date as period_end_date,
        true as has_lines,
        'due' as status,
        totals.subtotal,
        totals.tax
    from correction_documents
    inner join totals on correction_documents.document_id = totals.document_id
    union all by name
    select
        top_up_lines.account_id,
        top_up_lines.document_id as invoice_id,
        'top_up' as document_class,
        {{ month_of('top_up_lines.settled_date') }} as invoice_month,
        top_up_lines.currency,
        top_up_lines.zone,
        top_up_lines.settled_date as period_start_date,
        top_up_lines.settled_date + 1 as period_end_date,
        top_up_lines.order_id,
        true as has_lines,
        'due' as status,
        totals.subtotal,
        totals.tax
    from top_up_lines
    inner join totals on top_up_lines.document_id = totals.document_id
    union all by name
    select
        credit_notes.account_id,
        credit_notes.document_id as invoice_id,
        'credit' as document_class,
        {{ month_of('credit_notes.requested_date') }} as invoice_month,
        credit_notes.currency,
        credit_notes.zone,
        credit_notes.requested_date as period_start_date,
        credit_notes.requested_date + 1 as period_end_date,
        credit_notes.corrects_document_id as corrects_invoice_id,
        credit_notes.is_void,
        true as has_lines,
        'due' as status,
        totals.subtotal,
        totals.tax
    from credit_notes
    inner join totals on credit_notes.document_id = totals.document_id
),

documents as (
    select
        drafts.*,
        case
            when drafts.is_void then 'void'
            when drafts.document_class = 'credit' then 'credit_note'
            when accounts.account_kind = 'enterprise' then 'statement'
            when drafts.subtotal + drafts.tax < 0 then 'credit_note'
            else 'invoice'
        end as document_kind
    from drafts
    inner join accounts on drafts.account_id = accounts.account_id
    union all by name
    select
        account_id,
        document_id as invoice_id,
        document_class,
        month_date as invoice_month,
        currency,
        zone,
        period_start_date,
        period_end_date,
        order_id,
        true as has_lines,
        'issued' as status,
        document_kind,
        number as invoice_number,
        seller_id,
        issue_date,
        due_date,
        corrects_document_id as corrects_invoice_id,
        hash as ledger_hash,
        subtotal,
        tax
    from issued_documents
),

balanced as (
    select
        documents.*,
        cast(documents.subtotal + documents.tax as decimal(18, 4)) as total,
        coalesce(credits.amount, cast(0 as decimal(18, 4))) as credited_amount,
        -- A top-up is invoiced because its payment has cleared (P10).
        coalesce(payments.amount, cast(0 as decimal(18, 4)))
        + case when documents.document_class = 'top_up' then documents.subtotal + documents.tax else 0 end
            as paid_amount
    from documents
    left join credits on documents.invoice_id = credits.corrects_document_id
    left join payments
        on documents.account_id = payments.account_id and documents.invoice_number = payments.invoice_number
),

invoices as (
    select
        account_id,
        invoice_id,
        invoice_month,
        document_kind,
        document_class,
        invoice_number,
        seller_id,
        status,
        currency,
        zone,
        period_start_date,
        period_end_date,
        issuable_at,
        issue_date,
        due_date,
        order_id,
        corrects_invoice_id,
        ledger_hash,
        has_lines,
        subtotal,
        tax,
        total,
        credited_amount,
        cast(paid_amount as decimal(18, 4)) as paid_amount,
        cast(total - credited_amount - paid_amount as decimal(18, 4)) as amount_due
    from balanced
)

select * from invoices
order by account_id, invoice_month, invoice_id
