-- I3: corrections go on the next invoice, the first after the last that was issued. Where none is to come,
-- or only in another currency (P0), one is issued for them.
with corrections as (
    select distinct
        account_id,
        currency
    from {{ ref('int_corrections') }}
),

draft_months as (
    select * from {{ ref('int_draft_months') }}
),

issued_months as (
    select * from {{ ref('int_issued_months') }}
),

issued_documents as (
    select * from {{ ref('stg_lake__issued_documents') }}
    where document_class = 'correction'
),

months as (
    select * from {{ ref('int_account_months') }}
),

last_months as (
    select
        account_id,
        max(month_date) as month_date
    from issued_months
    group by account_id
),

next_months as (
    select
        corrections.account_id,
        corrections.currency,
        min(draft_months.month_date) as month_date
    from corrections
    inner join last_months on corrections.account_id = last_months.account_id
    inner join draft_months
        on
            corrections.account_id = draft_months.account_id
            and corrections.currency = draft_months.currency
            and last_months.month_date < draft_months.month_date
    group by corrections.account_id, corrections.currency
),

numbers as (
    select
        account_id,
        currency,
        count(*) as issued_before
    from issued_documents
    group by account_id, currency
),

documents as (
    select
        draft_months.account_id,
        draft_months.currency,
        draft_months.document_id,
        'month' as document_class,
        draft_months.month_date,
        draft_months.next_month_date,
        draft_months.zone
    from next_months
    inner join draft_months
        on next_months.account_id = draft_months.account_id and next_months.month_date = draft_months.month_date
    union all
    select
        corrections.account_id,
        corrections.currency,
        {{ document_id(
            'correction',
            'corrections.account_id',
            "corrections.currency || ' ' || (coalesce(numbers.issued_before, 0) + 1)"
        ) }} as document_id,
        'correction' as document_class,
        last_months.month_date,
        {{ next_month_of('last_months.month_date') }} as next_month_date,
        months.zone
    from corrections
    inner join last_months on corrections.account_id = last_months.account_id
    inner join months
        on last_months.account_id = months.account_id and last_months.month_date = months.month_date
    left join numbers on corrections.account_id = numbers.account_id and corrections.currency = numbers.currency
    anti join next_months
        on corrections.account_id = next_months.account_id and corrections.currency = next_months.currency
)

select * from documents
