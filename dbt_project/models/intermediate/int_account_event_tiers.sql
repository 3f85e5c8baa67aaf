-- The tiers of contract prices, taken apart. What is no list of objects has no tiers.
with price_events as (
    select
        account_id,
        event_id,
        occurred_at,
        payload ->> 'tiers' as tiers
    from {{ ref('int_account_events_resolved') }}
    where event_type = 'contract_price_set'
),

listed as (
    select
        account_id,
        event_id,
        occurred_at,
        case
            when json_valid(tiers) and json_type(tiers) = 'ARRAY' then json_extract(tiers, '$[*]')
        end as tiers
    from price_events
),

numbered as (
    select
        account_id,
        event_id,
        occurred_at,
        unnest(generate_series(1, len(tiers))) as tier_number,
        unnest(tiers) as tier
    from listed
),

spelled_out as (
    select
        account_id,
        event_id,
        occurred_at,
        tier_number,
        json_type(tier) as tier_type,
        tier ->> 'up_to' as up_to_text,
        tier ->> 'unit_price' as unit_price_text,
        tier ->> 'flat_fee' as flat_fee_text
    from numbered
),

typed as (
    select
        account_id,
        event_id,
        occurred_at,
        cast(tier_number as integer) as tier_number,
        try_cast(up_to_text as decimal(18, 6)) as up_to,
        coalesce(try_cast(unit_price_text as decimal(18, 6)), 0) as unit_price,
        coalesce(try_cast(flat_fee_text as decimal(18, 6)), 0) as flat_fee,
        tier_type = 'OBJECT'
        and (unit_price_text is not null or flat_fee_text is not null)
        and coalesce(regexp_full_match(up_to_text, '[0-9]{1,12}([.][0-9]{1,6})?'), true)
        and coalesce(regexp_full_match(unit_price_text, '[0-9]{1,12}([.][0-9]{1,6})?'), true)
        and coalesce(regexp_full_match(flat_fee_text, '[0-9]{1,12}([.][0-9]{1,6})?'), true) as is_sound
    from spelled_out
),

-- P2: bounds rise, and the last tier alone has none.
in_order as (
    select
        * exclude (is_sound),
        is_sound
        and unit_price < {{ unit_price_bound() }}
        and sum(flat_fee) over (partition by account_id, event_id, occurred_at) < {{ money_bound() }}
        and (up_to is null) = (tier_number = count(*) over (partition by account_id, event_id, occurred_at))
        and coalesce(
            up_to > coalesce(
                lag(up_to) over (partition by account_id, event_id, occurred_at order by tier_number), 0
            ),
            true
        ) as is_sound
    from typed
)

select * from in_order
