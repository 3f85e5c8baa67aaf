-- An order is placed once and settled once: cleared, failed or cancelled.
with events as (
    select
        account_id,
        event_id,
        event_type,
        occurred_at,
        event_date,
        payload ->> 'order_id' as order_id
    from {{ ref('int_account_events_accepted') }}
    where event_type in ('order_placed', 'order_cleared', 'order_failed', 'order_cancelled')
),

refused_placements as (
    select * from {{ ref('int_prepaid_events_judged') }}
    where refusal_reason is not null
),

steps as (
    select
        events.*,
        events.event_type = 'order_placed' as is_placement,
        coalesce(bool_or(events.event_type = 'order_placed') over earlier, false) as is_placed
    from events
    left join refused_placements
        on
            events.account_id = refused_placements.account_id
            and events.event_id = refused_placements.event_id
            and events.occurred_at = refused_placements.occurred_at
    where refused_placements.event_id is null
    window earlier as (
        partition by events.account_id, events.order_id
        order by events.occurred_at, events.event_id
        rows between unbounded preceding and 1 preceding
    )
),

-- Only what comes after the placement settles; of that, the first.
settled as (
    select
        *,
        first_value(case when is_placed and not is_placement then event_type end ignore nulls) over (
            partition by account_id, order_id
            order by occurred_at, event_id
            rows between unbounded preceding and 1 preceding
        ) as settled_by
    from steps
),

judged as (
    select
        account_id,
        event_id,
        event_type,
        occurred_at,
        event_date,
        order_id,
        case
            when is_placement and is_placed then 'order_id is already used'
            when not is_placement and not is_placed then 'there is no such order'
            when not is_placement and settled_by is not null
                then 'the order is ' || replace(settled_by, 'order_', '') || ' already'
        end as refusal_reason
    from settled
)

select * from judged
