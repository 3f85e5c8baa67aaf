-- P5 to P8 of one charge: prorated, rounded, the percentage off, then the bounds of what may be spent. A charge
-- of which no tier takes all units has no amount.
with charges as (
    select * from {{ ref('int_charges') }}
),

rated_tiers as (
    select * from {{ ref('int_rated_tiers') }}
),

summed as (
    select
        charge_id,
        case when count(*) = count(amount) then sum(amount) end as amount
    from rated_tiers
    group by charge_id
),

prorated as (
    select
        charges.charge_id,
        charges.minor_unit,
        charges.percent_discount,
        charges.charged_days,
        charges.period_days,
        charges.minimum_spend,
        charges.maximum_spend,
        case when summed.charge_id is null then cast(0 as decimal(38, 18)) else summed.amount end as exact_amount
    from charges
    left join summed on charges.charge_id = summed.charge_id
),

rounded as (
    select
        *,
        {{ prorated('exact_amount', 'charged_days', 'period_days', 'minor_unit') }} as gross_amount,
        case
            when minimum_spend is not null then {{ round_to_minor_unit('minimum_spend', 'minor_unit') }}
        end as lowest_amount,
        case
            when maximum_spend is not null then {{ round_to_minor_unit('maximum_spend', 'minor_unit') }}
        end as highest_amount
    from prorated
),

-- A percentage times 0.01: dividing a decimal by 100 would give a float.
discounted as (
    select
        *,
        {{ round_to_minor_unit('cast(gross_amount as decimal(38, 4)) * percent_discount * 0.01', 'minor_unit') }}
            as discount_amount
    from rounded
),

adjusted as (
    select
        *,
        cast(
            case
                when gross_amount - discount_amount > highest_amount then highest_amount - (gross_amount - discount_amount)
                when gross_amount - discount_amount < lowest_amount then lowest_amount - (gross_amount - discount_amount)
                when gross_amount is not null then cast(0 as decimal(18, 4))
            end as decimal(18, 4)
        ) as spend_adjustment
    from discounted
),

rated_charges as (
    select
        charge_id,
        minor_unit,
        gross_amount,
        discount_amount,
        spend_adjustment,
        cast(gross_amount - discount_amount + spend_adjustment as decimal(18, 4)) as amount
    from adjusted
)

select * from rated_charges
