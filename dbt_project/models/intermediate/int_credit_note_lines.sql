-- A credit note takes from one issued invoice what was asked for, before tax, and never more than what is
-- left of it; without an amount all of it, rate by rate, which makes it void. A part is shared out to the
-- invoice's rates of tax by what is left of each, by largest remainder. Of several requests for one invoice
-- each waits for the one before it, unless that one comes to nothing: it gives up its turn. Of a top-up no more can be
-- taken than is unspent (P10): what has paid for usage is no longer the customer's.
with requests as (
    select * from {{ ref('int_credit_notes_requested') }}
),

issued_documents as (
    select * from {{ ref('stg_lake__issued_documents') }}
),

issued_taxes as (
    select * from {{ ref('stg_lake__issued_taxes') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

top_ups as (
    select * from {{ ref('int_top_ups') }}
),

credits as (
    select
        issued_documents.corrects_document_id as document_id,
        issued_taxes.tax_category,
        issued_taxes.tax_rate,
        sum(issued_taxes.taxable_amount) as amount
    from issued_documents
    inner join issued_taxes on issued_documents.document_id = issued_taxes.document_id
    where issued_documents.document_class = 'credit'
    group by all
),

asked as (
    select
        {{ document_id('credit', 'requests.account_id', 'requests.request_id') }} as document_id,
        requests.account_id,
        requests.request_id,
        requests.requested_at,
        requests.requested_date,
        requests.reason,
        requests.amount is null as is_void,
        invoices.document_id as corrects_document_id,
        invoices.currency,
        invoices.zone,
        currencies.minor_unit,
        {{ to_minor_units(
            round_to_minor_unit('coalesce(requests.amount, invoices.subtotal)', 'currencies.minor_unit'),
            'currencies.minor_unit'
        ) }} as asked_units
    from requests
    inner join issued_documents as invoices
        on
            requests.account_id = invoices.account_id
            and requests.invoice_number = invoices.number
            and invoices.document_class != 'credit'
    inner join currencies on invoices.currency = currencies.currency
    anti join issued_documents
        on {{ document_id('credit', 'requests.account_id', 'requests.request_id') }} = issued_documents.document_id
),

remaining as (
    select
        asked.*,
        issued_taxes.tax_category,
        issued_taxes.tax_rate,
        {{ to_minor_units('issued_taxes.taxable_amount + coalesce(credits.amount, 0)', 'asked.minor_unit') }}
            as remaining_units,
        {{ to_minor_units('top_ups.unspent_amount', 'asked.minor_unit') }} as unspent_units
    from asked
    inner join issued_taxes on asked.corrects_document_id = issued_taxes.document_id
    left join top_ups on asked.corrects_document_id = top_ups.document_id
    left join credits
        on
            asked.corrects_document_id = credits.document_id
            and issued_taxes.tax_category = credits.tax_category
            and issued_taxes.tax_rate = credits.tax_rate
),

-- Only top-ups have something unspent; least() passes over what is null.
weighed as (
    select
        * replace (
            is_void
            and coalesce(sum(remaining_units) over (partition by document_id) <= unspent_units, true) as is_void
        ),
        greatest(remaining_units, 0) as weight,
        greatest(least(asked_units, unspent_units, sum(remaining_units) over (partition by document_id)), 0) as units
    from remaining
),

next_in_turn as (
    select * from weighed
    where if(is_void, remaining_units != 0, units > 0)
    qualify dense_rank() over (partition by corrects_document_id order by requested_at, request_id) = 1
),

totalled as (
    select
        *,
        greatest(cast(sum(weight) over (partition by document_id) as hugeint), 1) as total_weight
    from next_in_turn
),

floors as (
    select
        *,
        cast(units as hugeint) * weight // total_weight as share,
        row_number() over (
            partition by document_id
            order by cast(units as hugeint) * weight % total_weight desc, tax_category asc, tax_rate asc
        ) as remainder_rank
    from totalled
),

shares as (
    select
        *,
        case
            when is_void then remaining_units
            else share + case when remainder_rank <= units - sum(share) over (partition by document_id) then 1 else 0 end
        end as share_units
    from floors
),

lines as (
    select
        document_id,
        account_id,
        request_id,
        requested_date,
        reason,
        is_void,
        corrects_document_id,
        currency,
        zone,
        minor_unit,
        tax_category,
        tax_rate,
        row_number() over (partition by document_id order by tax_category, tax_rate) as line_number,
        cast(-{{ from_minor_units('cast(share_units as hugeint)', 'minor_unit') }} as decimal(18, 4)) as amount
    from shares
    where share_units != 0
)

select * from lines
