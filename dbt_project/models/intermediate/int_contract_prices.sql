with agreed as (
    select * from {{ ref('int_contract_events') }}
    where metric != 'minimum_commitment'
),

prices as (
    select
        account_id,
        price_id,
        metric,
        payload ->> 'charge_model' as charge_model,
        case
            when payload ->> 'charge_model' not in ('graduated', 'volume')
                then try_cast(payload ->> 'unit_price' as decimal(18, 6))
        end as unit_price,
        try_cast(payload ->> 'package_size' as decimal(18, 6)) as package_size,
        coalesce(try_cast(payload ->> 'included_units' as decimal(18, 6)), 0) as included_units,
        try_cast(payload ->> 'minimum_spend' as decimal(18, 6)) as minimum_spend,
        try_cast(payload ->> 'maximum_spend' as decimal(18, 6)) as maximum_spend,
        from_date,
        until_date
    from agreed
)

select * from prices
