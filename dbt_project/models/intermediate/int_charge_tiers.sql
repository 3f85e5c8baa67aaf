with charges as (
    select * from {{ ref('int_charges') }}
),

price_tiers as (
    select * from {{ ref('int_price_tiers') }}
),

charge_tiers as (
    select
        charges.charge_id,
        price_tiers.tier_number,
        price_tiers.up_to,
        price_tiers.unit_price,
        price_tiers.flat_fee
    from charges
    inner join price_tiers on charges.price_id = price_tiers.price_id
)

select * from charge_tiers
