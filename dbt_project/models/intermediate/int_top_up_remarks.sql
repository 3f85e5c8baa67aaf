-- What became of the credit notes and voids that were asked for on top-ups (P10), for the comments of their orders.
with top_ups as (
    select * from {{ ref('int_top_ups') }}
),

requests as (
    select
        *,
        {{ document_id('credit', 'account_id', 'request_id') }} as document_id
    from {{ ref('int_credit_notes_requested') }}
),

issued_documents as (
    select * from {{ ref('stg_lake__issued_documents') }}
),

credits as (
    select
        top_ups.document_id,
        credits.document_id as credit_document_id,
        credits.document_kind,
        credits.number,
        credits.sequence,
        -credits.subtotal as taken_amount,
        top_ups.amount + sum(credits.subtotal) over (
            partition by top_ups.document_id
            order by credits.sequence
        ) as left_amount
    from issued_documents as credits
    inner join top_ups on credits.corrects_document_id = top_ups.document_id
    where credits.document_class = 'credit'
),

-- What a credit note took less than it was asked for, though its invoice had it, had paid for usage.
granted as (
    select
        credits.document_id,
        credits.sequence,
        requests.requested_at,
        case
            when credits.document_kind = 'void' then 'voided by ' || credits.number
            when credits.left_amount > 0 and coalesce(requests.amount > credits.taken_amount, true)
                then 'credited by ' || credits.number || ' with what was left unspent; the rest had paid for usage'
            else 'credited by ' || credits.number
        end as remark
    from credits
    left join requests on credits.credit_document_id = requests.document_id
),

refused as (
    select
        top_ups.document_id,
        cast(null as bigint) as sequence,
        requests.requested_at,
        'the credit asked for on ' || strftime(requests.requested_date, '%Y-%m-%d')
        || ' waits: all that is left has paid for usage' as remark
    from requests
    inner join issued_documents as invoices
        on requests.account_id = invoices.account_id and requests.invoice_number = invoices.number
    inner join top_ups on invoices.document_id = top_ups.document_id
    anti join credits on requests.document_id = credits.credit_document_id
    where top_ups.unspent_amount = 0 and top_ups.credited_amount < top_ups.amount
),

remarks as (
    select
        document_id,
        string_agg(remark, '; ' order by sequence nulls last, requested_at, remark) as remark
    from (
        select * from granted
        union all
        select * from refused
    ) as told
    group by document_id
)

select * from remarks
