-- The tiers that made up a line. A contract's charge is rated on all its apps together: each of its lines
-- shows the tiers of the whole.
with rated_tiers as (
    select * from {{ ref('int_rated_tiers') }}
),

described as (
    select * from {{ ref('int_charges_described') }}
),

shared as (
    select * from {{ ref('int_lines_shared') }}
),

charge_lines as (
    select
        described.charge_id,
        described.sign,
        described.account_id,
        shared.app_id,
        described.month_date,
        described.charge_kind,
        described.metric,
        described.price_id,
        described.charge_period_start_date
    from described
    inner join shared on described.charge_id = shared.charge_id
),

tiers as (
    select
        {{ line_key('charge_lines', 'charge_lines.charge_kind') }} as line_key,
        rated_tiers.tier_number,
        rated_tiers.unit_price,
        rated_tiers.flat_fee,
        cast(sum(charge_lines.sign * rated_tiers.quantity) as decimal(18, 6)) as quantity,
        cast(sum(charge_lines.sign * rated_tiers.amount) as decimal(26, 12)) as amount
    from charge_lines
    inner join rated_tiers on charge_lines.charge_id = rated_tiers.charge_id
    group by all
)

select * from tiers
where quantity != 0 or amount != 0
