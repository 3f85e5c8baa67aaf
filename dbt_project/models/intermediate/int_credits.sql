-- What fills the wallets (P10): the plan's free credit, credit granted, and orders that have cleared.
with grants as (
    select * from {{ ref('int_account_events_standing') }}
    where event_type = 'free_credit_granted'
),

plan_credits as (
    select * from {{ ref('int_plan_credits') }}
),

orders as (
    select * from {{ ref('int_orders') }}
    where status = 'cleared'
),

credits as (
    select
        account_id,
        app_id,
        credit_id,
        'free' as credit_kind,
        amount,
        from_at,
        from_date,
        expires_date
    from plan_credits
    union all
    select
        account_id,
        app_id,
        event_id as credit_id,
        'free' as credit_kind,
        try_cast(payload ->> 'amount' as decimal(18, 6)) as amount,
        occurred_at as from_at,
        event_date as from_date,
        coalesce(
            try_cast(payload ->> 'expires_date' as date),
            event_date + try_cast(payload ->> 'expires_after_days' as integer)
        ) as expires_date
    from grants
    union all
    select
        account_id,
        app_id,
        'order/' || order_id as credit_id,
        'paid' as credit_kind,
        amount,
        settled_at as from_at,
        settled_date as from_date,
        cast(null as date) as expires_date
    from orders
)

select * from credits
