-- Every price as tiers: what has one price is one open tier, and a flat charge is the flat fee of one.
with prices as (
    select * from {{ ref('int_prices') }}
),

contract_prices as (
    select * from {{ ref('int_contract_prices') }}
),

plan_tiers as (
    select * from {{ ref('plan_tiers') }}
),

contract_tiers as (
    select * from {{ ref('int_contract_price_tiers') }}
),

simple as (
    select
        price_id,
        charge_model,
        unit_price
    from prices
    union all
    select
        price_id,
        charge_model,
        unit_price
    from contract_prices
),

tiers as (
    select
        price_id,
        cast(1 as integer) as tier_number,
        cast(null as decimal(18, 6)) as up_to,
        cast(case when charge_model = 'flat' then 0 else unit_price end as decimal(18, 6)) as unit_price,
        cast(case when charge_model = 'flat' then unit_price else 0 end as decimal(18, 6)) as flat_fee
    from simple
    where unit_price is not null
    union all
    select
        plan_id || '/' || plan_version || '/' || metric as price_id,
        tier_number,
        up_to,
        unit_price,
        flat_fee
    from plan_tiers
    union all
    select
        price_id,
        tier_number,
        up_to,
        unit_price,
        flat_fee
    from contract_tiers
)

select * from tiers
