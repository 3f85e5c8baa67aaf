-- What each month comes to as rated now, line by line: charges by app, what bounds of spending add or take
-- away (P7), and a contract's commitment. Prepaid plans are paid from a wallet instead (P10).
with rated as (
    select * from {{ ref('int_rated_charges') }}
),

described as (
    select * from {{ ref('int_charges_described') }}
    where plan_kind not in ('payg', 'trial')
),

shared as (
    select * from {{ ref('int_lines_shared') }}
),

commitments as (
    select * from {{ ref('int_commitment_lines') }}
),

charge_lines as (
    select
        described.account_id,
        shared.app_id,
        described.month_date,
        described.charge_kind as line_kind,
        described.metric,
        described.plan_id,
        described.plan_version,
        described.price_id,
        described.tax_category,
        described.charge_period_start_date,
        described.charge_period_end_date,
        cast(sum(described.sign * shared.quantity) as bigint) as quantity,
        cast(sum(described.sign * shared.gross_amount) as decimal(18, 4)) as gross_amount,
        cast(sum(described.sign * shared.discount_amount) as decimal(18, 4)) as discount_amount
    from described
    inner join shared on described.charge_id = shared.charge_id
    group by all
),

spend_lines as (
    select
        described.account_id,
        described.app_id,
        described.month_date,
        case when sum(described.sign * rated.spend_adjustment) > 0 then 'minimum_spend' else 'maximum_spend' end
            as line_kind,
        described.metric,
        described.plan_id,
        described.plan_version,
        described.price_id,
        described.tax_category,
        described.charge_period_start_date,
        described.charge_period_end_date,
        cast(1 as bigint) as quantity,
        cast(sum(described.sign * rated.spend_adjustment) as decimal(18, 4)) as gross_amount,
        cast(0 as decimal(18, 4)) as discount_amount
    from described
    inner join rated on described.charge_id = rated.charge_id
    where rated.spend_adjustment != 0
    group by all
    having sum(described.sign * rated.spend_adjustment) != 0
),

lines as (
    select * from charge_lines
    where quantity != 0 or gross_amount != 0
    union all
    select * from spend_lines
    union all
    select * from commitments
),

keyed as (
    select
        {{ line_key('lines', 'lines.line_kind') }} as line_key,
        lines.*,
        cast(lines.gross_amount - lines.discount_amount as decimal(18, 4)) as amount
    from lines
)

select * from keyed
