with events as (
    select * from {{ ref('int_account_events_standing') }}
    where event_type = 'discount_granted'
),

discounts as (
    select
        account_id,
        event_id as discount_id,
        app_id,
        nullif(payload ->> 'metric', '') as metric,
        payload ->> 'discount_kind' as discount_kind,
        case
            when payload ->> 'discount_kind' = 'percent' then try_cast(payload ->> 'value' as decimal(9, 4))
        end as percent,
        case
            when payload ->> 'discount_kind' = 'fixed' then try_cast(payload ->> 'value' as decimal(18, 6))
        end as amount,
        coalesce(try_cast(payload ->> 'from_date' as date), event_date) as from_date,
        coalesce(try_cast(payload ->> 'until_date' as date), date '9999-12-31') as until_date
    from events
)

select * from discounts
where from_date < until_date
