with events as (
    select * from {{ ref('int_account_events_standing') }}
),

usage_quarters as (
    select * from {{ ref('int_usage_quarter_hours_dated') }}
),

app_events as (
    select
        account_id,
        app_id,
        arg_max(app_name, row(occurred_at, event_id)) filter (where event_type = 'app_published') as app_name,
        min(event_date) filter (where event_type = 'app_published') as published_date,
        max(event_date) filter (where event_type = 'app_closed') as last_closed_date,
        arg_max(event_type, row(occurred_at, event_id)) filter (
            where event_type in ('app_published', 'app_closed')
        ) as last_turn
    from events
    where app_id is not null
    group by all
),

usage_dates as (
    select
        account_id,
        app_id,
        min(usage_date) as first_usage_date
    from usage_quarters
    group by all
),

dated as (
    select
        account_id,
        app_id,
        coalesce(app_events.app_name, app_id) as app_name,
        coalesce(app_events.published_date, usage_dates.first_usage_date) as published_date,
        case when app_events.last_turn = 'app_closed' then app_events.last_closed_date end as closed_date
    from app_events
    full outer join usage_dates using (account_id, app_id)
)

select * from dated
