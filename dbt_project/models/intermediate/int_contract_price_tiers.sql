with prices as (
    select * from {{ ref('int_contract_events') }}
    where payload ->> 'charge_model' in ('graduated', 'volume')
),

event_tiers as (
    select * from {{ ref('int_account_event_tiers') }}
),

tiers as (
    select
        prices.price_id,
        event_tiers.tier_number,
        event_tiers.up_to,
        event_tiers.unit_price,
        event_tiers.flat_fee
    from prices
    inner join event_tiers
        on
            prices.account_id = event_tiers.account_id
            and prices.event_id = event_tiers.event_id
            and prices.occurred_at = event_tiers.occurred_at
)

select * from tiers
