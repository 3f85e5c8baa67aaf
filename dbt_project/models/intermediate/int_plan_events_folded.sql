-- P6: a subscription and an upgrade count from their own day; a downgrade and a cancellation from the
-- next month. What a change is depends on the plan then in force, hence a fold, one step per event.
with recursive plan_events as (
    select * from {{ ref('int_plan_events') }}
),

-- (plan_id, base_fee) is in force after this step; (next_plan_id, next_base_fee) is from next_date on,
-- where a next_date without a plan is a cancellation.
fold as (
    select
        account_id,
        app_id,
        cast(0 as bigint) as step,
        cast(null as varchar) as event_id,
        cast(null as timestamptz) as occurred_at,
        cast(null as varchar) as plan_id,
        cast(null as decimal(18, 6)) as base_fee,
        cast(null as varchar) as next_plan_id,
        cast(null as decimal(18, 6)) as next_base_fee,
        cast(null as date) as next_date,
        cast(null as varchar) as change_plan_id,
        cast(null as date) as change_date,
        cast(null as varchar) as refusal_reason
    from plan_events
    where step = 1
    union all
    select
        account_id,
        app_id,
        step,
        event_id,
        occurred_at,
        case when is_at_once then new_plan_id else plan_id end as plan_id,
        case when is_at_once then new_base_fee else base_fee end as base_fee,
        case
            when is_at_once then null
            when refusal_reason is null then new_plan_id
            else next_plan_id
        end as next_plan_id,
        case
            when is_at_once then null
            when refusal_reason is null then new_base_fee
            else next_base_fee
        end as next_base_fee,
        case
            when is_at_once then null
            when refusal_reason is null then new_date
            else next_date
        end as next_date,
        new_plan_id as change_plan_id,
        new_date as change_date,
        refusal_reason
    from (
        select
            *,
            refusal_reason is null and new_date = event_date as is_at_once
        from (
            select
                *,
                case
                    when event_type = 'plan_subscribed' then coalesce(next_date, event_date)
                    when event_type = 'plan_changed' and new_base_fee >= base_fee then event_date
                    else {{ next_month_of('event_date') }}
                end as new_date,
                case
                    when event_type != 'plan_cancelled' and new_base_fee is null
                        then 'plan has no price yet'
                    when event_type != 'plan_cancelled' and plan_currency != account_currency
                        then 'plan is priced in ' || plan_currency || ', the account is in ' || account_currency
                    when event_type = 'plan_subscribed' and plan_id is not null and not is_cancelled
                        then 'there is a subscription already'
                    when event_type != 'plan_subscribed' and plan_id is null
                        then 'there is no subscription'
                    when event_type = 'plan_cancelled' and is_cancelled
                        then 'the subscription is cancelled already'
                end as refusal_reason
            from (
                select
                    plan_events.account_id,
                    plan_events.app_id,
                    plan_events.step,
                    plan_events.event_id,
                    plan_events.occurred_at,
                    plan_events.event_type,
                    plan_events.event_date,
                    plan_events.plan_currency,
                    plan_events.account_currency,
                    case
                        when plan_events.event_type != 'plan_cancelled' then plan_events.plan_id
                    end as new_plan_id,
                    plan_events.base_fee as new_base_fee,
                    case
                        when fold.next_date <= plan_events.event_date then fold.next_plan_id else fold.plan_id
                    end as plan_id,
                    case
                        when fold.next_date <= plan_events.event_date then fold.next_base_fee else fold.base_fee
                    end as base_fee,
                    case when fold.next_date > plan_events.event_date then fold.next_plan_id end as next_plan_id,
                    case when fold.next_date > plan_events.event_date then fold.next_base_fee end as next_base_fee,
                    case when fold.next_date > plan_events.event_date then fold.next_date end as next_date,
                    coalesce(fold.next_date > plan_events.event_date and fold.next_plan_id is null, false)
                        as is_cancelled
                from fold
                inner join plan_events
                    on
                        fold.account_id = plan_events.account_id
                        and fold.app_id is not distinct from plan_events.app_id
                        and fold.step + 1 = plan_events.step
            ) as in_force
        ) as judged
    ) as timed
),

steps as (
    select
        account_id,
        app_id,
        step,
        event_id,
        occurred_at,
        change_plan_id,
        change_date,
        refusal_reason
    from fold
    where step > 0
)

select * from steps
