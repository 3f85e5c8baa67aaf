-- P1: a price applies from its effective date until the next version's. The base fee is one more charge.
with plans as (
    select * from {{ ref('plans') }}
),

plan_charges as (
    select * from {{ ref('plan_charges') }}
),

versions as (
    select
        *,
        effective_date as from_date,
        coalesce(
            lead(effective_date) over (partition by plan_id order by effective_date),
            date '9999-12-31'
        ) as until_date
    from plans
),

charges as (
    select
        plan_id,
        plan_version,
        metric,
        charge_model,
        unit_price,
        package_size,
        included_units,
        minimum_spend,
        maximum_spend,
        is_flat_fee_due_at_zero,
        tax_category
    from plan_charges
    union all
    select
        plan_id,
        plan_version,
        'base_fee' as metric,
        'flat' as charge_model,
        base_fee as unit_price,
        null as package_size,
        0 as included_units,
        null as minimum_spend,
        null as maximum_spend,
        false as is_flat_fee_due_at_zero,
        tax_category
    from plans
),

prices as (
    select
        charges.plan_id || '/' || charges.plan_version || '/' || charges.metric as price_id,
        charges.*,
        versions.plan_kind,
        versions.currency,
        versions.from_date,
        versions.until_date
    from charges
    inner join versions
        on charges.plan_id = versions.plan_id and charges.plan_version = versions.plan_version
)

select * from prices
