-- P2: what each tier takes of a charge's units, and what it asks for them, exact. Prices may have up to 12
-- places here, quantities 6: their product has 18 and fails from 10^20, long after the 10^14 of an amount.
with charges as (
    select * from {{ ref('int_charges') }}
),

charge_tiers as (
    select * from {{ ref('int_charge_tiers') }}
),

billable as (
    select
        charge_id,
        charge_model,
        package_size,
        is_flat_fee_due_at_zero,
        greatest(quantity - included_units, 0) as billable_units
    from charges
),

-- P3: whole packages, rounded up, in integers of a millionth of a unit.
packaged as (
    select
        *,
        cast(cast(billable_units as decimal(38, 6)) * 1000000 as hugeint) as millionths,
        cast(cast(package_size as decimal(38, 6)) * 1000000 as hugeint) as millionths_of_package
    from billable
),

measured as (
    select
        charge_id,
        charge_model,
        is_flat_fee_due_at_zero,
        case
            when package_size is null then cast(billable_units as decimal(38, 6))
            else cast((millionths + millionths_of_package - 1) // millionths_of_package as decimal(38, 6))
        end as units
    from packaged
),

bounded as (
    select
        *,
        coalesce(lag(up_to) over (partition by charge_id order by tier_number), 0) as units_below
    from charge_tiers
),

matched as (
    select
        measured.charge_id,
        measured.charge_model,
        measured.units,
        bounded.tier_number,
        bounded.up_to,
        bounded.units_below,
        bounded.unit_price,
        bounded.flat_fee,
        case
            when measured.charge_model = 'flat' then true
            when measured.units = 0 then bounded.tier_number = 1 and measured.is_flat_fee_due_at_zero
            when measured.charge_model = 'volume'
                then measured.units > bounded.units_below and (bounded.up_to is null or measured.units <= bounded.up_to)
            when measured.charge_model in ('per_unit', 'package', 'graduated') then measured.units > bounded.units_below
            else false
        end as is_touched
    from measured
    inner join bounded on measured.charge_id = bounded.charge_id
),

shared as (
    select
        *,
        case
            when charge_model in ('flat', 'volume') then units
            else least(units, coalesce(up_to, units)) - units_below
        end as quantity
    from matched
    where is_touched
),

asked as (
    select
        charge_id,
        tier_number,
        cast(quantity as decimal(18, 6)) as quantity,
        unit_price,
        flat_fee,
        cast(cast(quantity as decimal(38, 6)) * unit_price + flat_fee as decimal(38, 18)) as amount
    from shared
),

taken as (
    select
        charge_id,
        sum(quantity) as quantity
    from asked
    group by charge_id
),

-- Nothing is rated beyond the last bound, nor left out in silence: a row without a tier has no amount.
untaken as (
    select
        measured.charge_id,
        cast(null as integer) as tier_number,
        cast(measured.units - coalesce(taken.quantity, 0) as decimal(18, 6)) as quantity,
        cast(null as decimal(18, 6)) as unit_price,
        cast(null as decimal(18, 6)) as flat_fee,
        cast(null as decimal(38, 18)) as amount
    from measured
    left join taken on measured.charge_id = taken.charge_id
    where
        measured.units > coalesce(taken.quantity, 0)
        or (taken.quantity is null and measured.charge_model not in ('per_unit', 'package', 'graduated', 'volume'))
),

rated_tiers as (
    select * from asked
    union all
    select * from untaken
)

select * from rated_tiers
