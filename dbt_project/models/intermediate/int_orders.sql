with placements as (
    select * from {{ ref('int_account_events_standing') }}
    where event_type = 'order_placed'
),

order_steps as (
    select * from {{ ref('int_order_events_judged') }}
    where refusal_reason is null
),

prepaid as (
    select * from {{ ref('int_prepaid_events_judged') }}
),

settlements as (
    select * from order_steps
    where event_type != 'order_placed'
),

orders as (
    select
        placements.account_id,
        placements.payload ->> 'order_id' as order_id,
        placements.app_id,
        prepaid.plan_id,
        try_cast(placements.payload ->> 'amount' as decimal(18, 6)) as amount,
        prepaid.currency,
        coalesce(replace(settlements.event_type, 'order_', ''), 'pending') as status,
        placements.occurred_at as placed_at,
        placements.event_date as placed_date,
        settlements.occurred_at as settled_at,
        settlements.event_date as settled_date,
        nullif(placements.payload ->> 'payment_method', '') as payment_method,
        nullif(placements.payload ->> 'comments', '') as comments
    from placements
    inner join prepaid
        on
            placements.account_id = prepaid.account_id
            and placements.event_id = prepaid.event_id
            and placements.occurred_at = prepaid.occurred_at
    left join settlements
        on
            placements.account_id = settlements.account_id
            and placements.payload ->> 'order_id' = settlements.order_id
)

select * from orders
