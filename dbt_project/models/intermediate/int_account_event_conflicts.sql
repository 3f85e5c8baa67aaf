-- What the fields of one event must be to each other, where each of them is sound.
with events as (
    select * from {{ ref('int_account_events_resolved') }}
    where event_type in ('contract_price_set', 'discount_granted', 'free_credit_granted', 'auto_reload_set')
),

tiers as (
    select
        account_id,
        event_id,
        occurred_at,
        bool_and(is_sound) as is_sound
    from {{ ref('int_account_event_tiers') }}
    group by all
),

spelled_out as (
    select
        events.account_id,
        events.event_id,
        events.occurred_at,
        events.event_type,
        events.app_id,
        nullif(events.payload ->> 'metric', '') as metric,
        nullif(events.payload ->> 'charge_model', '') as charge_model,
        nullif(events.payload ->> 'package_size', '') as package_size,
        nullif(events.payload ->> 'amount', '') as amount,
        nullif(events.payload ->> 'threshold', '') as threshold,
        nullif(events.payload ->> 'tiers', '') as tiers,
        nullif(events.payload ->> 'expires_date', '') as expires_date,
        nullif(events.payload ->> 'expires_after_days', '') as expires_after_days,
        events.payload ->> 'discount_kind' as discount_kind,
        events.payload ->> 'is_on' as is_on,
        try_cast(events.payload ->> 'unit_price' as decimal(18, 6)) as unit_price,
        try_cast(events.payload ->> 'minimum_spend' as decimal(18, 6)) as minimum_spend,
        try_cast(events.payload ->> 'maximum_spend' as decimal(18, 6)) as maximum_spend,
        try_cast(events.payload ->> 'value' as decimal(18, 6)) as discount_value,
        try_cast(events.payload ->> 'from_date' as date) as from_date,
        try_cast(events.payload ->> 'until_date' as date) as until_date,
        coalesce(tiers.is_sound, false) as has_sound_tiers
    from events
    left join tiers
        on
            events.account_id = tiers.account_id
            and events.event_id = tiers.event_id
            and events.occurred_at = tiers.occurred_at
),

judged as (
    select
        account_id,
        event_id,
        occurred_at,
        case
            when event_type = 'contract_price_set' and metric = 'minimum_commitment'
                then if(amount is null, 'amount is missing', null)
            when event_type = 'contract_price_set' and charge_model is null then 'charge_model is missing'
            when charge_model in ('flat', 'per_unit', 'package') and unit_price is null
                then 'unit_price is missing'
            when charge_model in ('per_unit', 'package') and unit_price >= {{ unit_price_bound() }}
                then 'unit_price is not below 1,000,000'
            when charge_model = 'package' and package_size is null then 'package_size is missing'
            when charge_model in ('graduated', 'volume') and tiers is null then 'tiers is missing'
            when tiers is not null and not has_sound_tiers
                then 'tiers is not a list of up_to, unit_price, flat_fee whose up_to rises to a last without one'
            when minimum_spend > maximum_spend then 'minimum_spend is above maximum_spend'
            when
                discount_kind = 'percent'
                and (discount_value > 100 or cast(discount_value as decimal(18, 4)) != discount_value)
                then 'value is not a percentage'
            when discount_kind = 'fixed' and (app_id is not null or metric is not null)
                then 'a fixed discount is taken from the whole invoice: it has no app and no metric'
            when from_date >= until_date then 'until_date is not after from_date'
            when expires_date is not null and expires_after_days is not null
                then 'expires_date and expires_after_days exclude each other'
            when is_on = 'true' and (threshold is null or amount is null)
                then 'threshold or amount is missing'
        end as conflict_reason
    from spelled_out
)

select * from judged
where conflict_reason is not null
