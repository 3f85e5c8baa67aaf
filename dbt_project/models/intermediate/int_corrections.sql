-- I3: what an issued month rates to now, less what has been billed for it, on whatever document. A rating
-- that comes to the same is no correction, whatever its units. Where the book says later that the month was
-- in another currency, what was billed comes back in its own (P0).
with lines as (
    select * from {{ ref('int_lines_discounted') }}
),

issued_months as (
    select * from {{ ref('int_issued_months') }}
),

months as (
    select * from {{ ref('int_account_months') }}
),

issued_documents as (
    select * from {{ ref('stg_lake__issued_documents') }}
),

issued_lines as (
    select
        issued_lines.*,
        issued_documents.currency
    from {{ ref('stg_lake__issued_lines') }} as issued_lines
    inner join issued_documents on issued_lines.document_id = issued_documents.document_id
    where issued_lines.month_date is not null
),

signed as (
    select
        lines.account_id,
        lines.month_date,
        lines.line_key,
        lines.app_id,
        lines.line_kind,
        lines.metric,
        lines.plan_id,
        lines.plan_version,
        lines.price_id,
        lines.tax_category,
        lines.tax_rate,
        lines.charge_period_start_date,
        lines.charge_period_end_date,
        lines.quantity,
        lines.gross_amount,
        lines.discount_amount,
        lines.amount,
        months.currency,
        false as is_billed
    from lines
    inner join months on lines.account_id = months.account_id and lines.month_date = months.month_date
    union all
    select
        account_id,
        month_date,
        line_key,
        app_id,
        line_kind,
        metric,
        plan_id,
        plan_version,
        price_id,
        tax_category,
        tax_rate,
        charge_period_start_date,
        charge_period_end_date,
        -quantity as quantity,
        -gross_amount as gross_amount,
        -discount_amount as discount_amount,
        -amount as amount,
        currency,
        true as is_billed
    from issued_lines
),

-- The rate of tax is the one that was billed; a line that was not yet there has its month's.
differences as (
    select
        signed.account_id,
        signed.month_date,
        signed.line_key,
        issued_months.document_id as corrects_document_id,
        signed.currency,
        any_value(signed.app_id) as app_id,
        any_value(signed.line_kind) as line_kind,
        any_value(signed.metric) as metric,
        any_value(signed.plan_id) as plan_id,
        any_value(signed.plan_version) as plan_version,
        any_value(signed.price_id) as price_id,
        any_value(signed.tax_category) as tax_category,
        coalesce(max(signed.tax_rate) filter (where signed.is_billed), max(signed.tax_rate)) as tax_rate,
        any_value(signed.charge_period_start_date) as charge_period_start_date,
        max(signed.charge_period_end_date) as charge_period_end_date,
        cast(sum(signed.quantity) as bigint) as quantity,
        cast(sum(signed.gross_amount) as decimal(18, 4)) as gross_amount,
        cast(sum(signed.discount_amount) as decimal(18, 4)) as discount_amount,
        cast(sum(signed.amount) as decimal(18, 4)) as amount
    from signed
    inner join issued_months
        on signed.account_id = issued_months.account_id and signed.month_date = issued_months.month_date
    group by
        signed.account_id,
        signed.month_date,
        signed.line_key,
        issued_months.document_id,
        signed.currency
)

select * from differences
where amount != 0
