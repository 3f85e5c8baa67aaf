-- What fills the wallets (P10): the plan's free credit, credit granted, and orders that have cleared.
with grants as (
    select * from {{ ref('int_account_events_standing') }}
    where event_type = 'free_credit_granted'
),

prepaid as (
    select * from {{ ref('int_prepaid_events_judged') }}
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
        currency,
        credit_id,
        'free' as credit_kind,
        amount,
        from_at,
        from_date,
        expires_date
    from plan_credits
    union all
    select
        grants.account_id,
        grants.app_id,
        prepaid.currency,
        grants.event_id as credit_id,
        'free' as credit_kind,
        try_cast(grants.payload ->> 'amount' as decimal(18, 6)) as amount,
        grants.occurred_at as from_at,
        grants.event_date as from_date,
        coalesce(
            try_cast(grants.payload ->> 'expires_date' as date),
            grants.event_date + try_cast(grants.payload ->> 'expires_after_days' as integer)
        ) as expires_date
    from grants
    inner join prepaid
        on
            grants.account_id = prepaid.account_id
            and grants.event_id = prepaid.event_id
            and grants.occurred_at = prepaid.occurred_at
    union all
    select
        account_id,
        app_id,
        currency,
        'order/' || order_id as credit_id,
        'paid' as credit_kind,
        amount,
        settled_at as from_at,
        settled_date as from_date,
        cast(null as date) as expires_date
    from orders
)

select * from credits
