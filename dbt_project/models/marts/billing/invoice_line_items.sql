with usage_priced as (
    select * from {{ ref('int_usage_priced') }}
    where unrated_reason is null
),

fees_priced as (
    select * from {{ ref('int_fees_priced') }}
    where unrated_reason is null
),

months as (
    select * from {{ ref('int_account_months') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

charges as (
    select
        account_id,
        app_id,
        month_date,
        metric,
        plan_id,
        plan_version,
        unit_price,
        charge_period_start_date,
        charge_period_end_date,
        cast(sum(quantity) as bigint) as quantity
    from usage_priced
    where charge_model = 'per_unit'
    group by all
    union all
    select
        account_id,
        app_id,
        month_date,
        metric,
        plan_id,
        plan_version,
        unit_price,
        charge_period_start_date,
        charge_period_end_date,
        quantity
    from fees_priced
),

rated as (
    select
        charges.*,
        charges.account_id || '-' || strftime(charges.month_date, '%Y-%m') as invoice_id,
        months.currency,
        {{ round_to_minor_unit('cast(charges.quantity as decimal(18, 0)) * charges.unit_price', 'currencies.minor_unit') }}
            as amount
    from charges
    inner join months on charges.account_id = months.account_id and charges.month_date = months.month_date
    inner join currencies on months.currency = currencies.currency
),

numbered as (
    select
        account_id,
        app_id,
        invoice_id,
        row_number() over (
            partition by invoice_id
            order by
                charge_period_start_date >= {{ next_month_of('month_date') }},
                app_id nulls last,
                list_position(
                    [
                        'billing_sessions', 'usage_sessions', 'request_sessions', 'alert_sessions',
                        'voice_sessions', 'agent_seats', 'base_fee'
                    ],
                    metric
                ),
                charge_period_start_date,
                plan_id,
                plan_version
        ) as line_number,
        charge_period_start_date,
        charge_period_end_date,
        metric,
        quantity,
        unit_price,
        amount,
        currency,
        'regular' as charge_class,
        cast(null as varchar) as corrects_invoice_id,
        plan_id,
        plan_version
    from rated
)

select * from numbered
order by account_id, invoice_id, line_number
