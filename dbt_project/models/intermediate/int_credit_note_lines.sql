-- A credit note takes from one issued invoice what was asked for, before tax, and never more than what is
-- left of it; without an amount all of it, which makes it void. It is shared out to the invoice's rates of
-- tax by what each of them taxed, by largest remainder.
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

credited as (
    select
        corrects_document_id as document_id,
        sum(subtotal) as subtotal
    from issued_documents
    where document_class = 'credit'
    group by corrects_document_id
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
        ) }} as asked_units,
        {{ to_minor_units('invoices.subtotal + coalesce(credited.subtotal, 0)', 'currencies.minor_unit') }}
            as left_units
    from requests
    inner join issued_documents as invoices
        on
            requests.account_id = invoices.account_id
            and requests.invoice_number = invoices.number
            and invoices.document_class != 'credit'
    inner join currencies on invoices.currency = currencies.currency
    left join credited on invoices.document_id = credited.document_id
    anti join issued_documents
        on {{ document_id('credit', 'requests.account_id', 'requests.request_id') }} = issued_documents.document_id
),

-- Of several requests for one invoice the earlier ones are served first.
granted as (
    select
        *,
        greatest(
            least(
                asked_units,
                left_units - coalesce(
                    sum(asked_units) over (
                        partition by corrects_document_id
                        order by requested_at, request_id
                        rows between unbounded preceding and 1 preceding
                    ), 0
                )
            ), 0
        ) as units
    from asked
),

weighed as (
    select
        granted.*,
        issued_taxes.tax_category,
        issued_taxes.tax_rate,
        {{ to_minor_units('greatest(issued_taxes.taxable_amount, 0)', 'granted.minor_unit') }} as weight
    from granted
    inner join issued_taxes on granted.corrects_document_id = issued_taxes.document_id
    where granted.units > 0
),

totalled as (
    select
        *,
        cast(sum(weight) over (partition by document_id) as hugeint) as total_weight
    from weighed
    where weight > 0
),

floors as (
    select
        *,
        units * weight // total_weight as share,
        row_number() over (
            partition by document_id
            order by units * weight % total_weight desc, tax_category asc, tax_rate asc
        ) as remainder_rank
    from totalled
),

shares as (
    select
        *,
        share + case when remainder_rank <= units - sum(share) over (partition by document_id) then 1 else 0 end
            as share_units
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
    where share_units > 0
)

select * from lines
