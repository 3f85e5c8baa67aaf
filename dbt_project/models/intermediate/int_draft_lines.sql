with lines as (
    select * from {{ ref('int_lines_discounted') }}
),

corrections as (
    select * from {{ ref('int_corrections') }}
),

draft_months as (
    select * from {{ ref('int_draft_months') }}
),

correction_documents as (
    select * from {{ ref('int_correction_documents') }}
),

prices as (
    select distinct on (account_id, price_id) *
    from {{ ref('int_account_prices') }}
    order by account_id, price_id, from_date
),

currencies as (
    select * from {{ ref('currencies') }}
),

placed as (
    select
        draft_months.document_id,
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
        'regular' as charge_class,
        cast(null as varchar) as corrects_document_id,
        draft_months.currency,
        draft_months.next_month_date
    from lines
    inner join draft_months on lines.document_id = draft_months.document_id
    union all
    select
        correction_documents.document_id,
        corrections.account_id,
        corrections.month_date,
        corrections.line_key,
        corrections.app_id,
        corrections.line_kind,
        corrections.metric,
        corrections.plan_id,
        corrections.plan_version,
        corrections.price_id,
        corrections.tax_category,
        corrections.tax_rate,
        corrections.charge_period_start_date,
        corrections.charge_period_end_date,
        corrections.quantity,
        corrections.gross_amount,
        corrections.discount_amount,
        corrections.amount,
        'correction' as charge_class,
        corrections.corrects_document_id,
        correction_documents.currency,
        correction_documents.next_month_date
    from corrections
    inner join correction_documents
        on
            corrections.account_id = correction_documents.account_id
            and corrections.currency = correction_documents.currency
),

numbered as (
    select
        placed.*,
        prices.unit_price,
        prices.package_size,
        prices.included_units,
        currencies.minor_unit,
        row_number() over (
            partition by placed.document_id
            order by
                placed.charge_class = 'correction',
                placed.month_date,
                placed.charge_period_start_date >= placed.next_month_date,
                placed.app_id nulls last,
                list_position(
                    [
                        'billing_sessions', 'usage_sessions', 'request_sessions', 'alert_sessions',
                        'voice_sessions', 'minimum_commitment', 'agent_seats', 'base_fee'
                    ],
                    placed.metric
                ),
                placed.charge_period_start_date,
                list_position(
                    ['usage', 'fee', 'minimum_spend', 'maximum_spend', 'commitment', 'overage'], placed.line_kind
                ),
                placed.quantity,
                placed.price_id
        ) as line_number
    from placed
    inner join currencies on placed.currency = currencies.currency
    left join prices
        on
            placed.account_id = prices.account_id
            and placed.price_id = prices.price_id
            and placed.line_kind in ('usage', 'fee')
)

select * from numbered
