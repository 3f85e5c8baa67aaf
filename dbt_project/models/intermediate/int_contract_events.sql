-- What an Enterprise contract agrees on, each until the next word on the same metric; the last of a day counts.
with events as (
    select
        *,
        payload ->> 'metric' as metric,
        coalesce(try_cast(payload ->> 'effective_date' as date), event_date) as from_date
    from {{ ref('int_account_events_standing') }}
    where event_type = 'contract_price_set'
),

agreed as (
    select
        *,
        account_id || '/' || event_id as price_id,
        coalesce(
            lead(from_date) over (partition by account_id, metric order by from_date, occurred_at, event_id),
            date '9999-12-31'
        ) as until_date
    from events
)

select * from agreed
where from_date < until_date
