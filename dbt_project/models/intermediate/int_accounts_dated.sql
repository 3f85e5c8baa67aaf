-- Of every account: its days so far, and what the last of them says about it.
with zones as (
    select * from {{ ref('int_account_zones') }}
),

watermark as (
    select * from {{ ref('int_watermark') }}
),

events as (
    select * from {{ ref('int_account_events_standing') }}
),

usage_quarters as (
    select * from {{ ref('int_usage_quarter_hours_dated') }}
),

zones_today as (
    select
        zones.account_id,
        zones.zone,
        watermark.watermark_at,
        {{ local_date("watermark.watermark_at - interval '1 millisecond'", 'zones.zone', 'zones.first_local_date') }}
            as last_date
    from zones
    inner join watermark
        on zones.from_at < watermark.watermark_at and zones.until_at >= watermark.watermark_at
),

-- West of Greenwich the last local day has begun, but not ended.
days_ended as (
    select
        *,
        case
            when {{ local_midnight_at('cast(last_date + 1 as date)', 'zone') }} <= watermark_at then last_date
            else last_date - 1
        end as last_ended_date
    from zones_today
),

event_dates as (
    select
        account_id,
        min(event_date) as first_event_date,
        min(event_date) filter (where event_type = 'account_opened') as opened_date,
        max(event_date) filter (where event_type = 'account_closed') as closed_date
    from events
    group by account_id
),

usage_dates as (
    select
        account_id,
        min(usage_date) as first_usage_date,
        max(usage_date) as last_usage_date
    from usage_quarters
    group by account_id
),

dated as (
    select
        days_ended.account_id,
        days_ended.zone,
        days_ended.last_date,
        days_ended.last_ended_date,
        event_dates.opened_date,
        event_dates.closed_date,
        usage_dates.first_usage_date,
        usage_dates.last_usage_date,
        coalesce(
            least(coalesce(event_dates.opened_date, event_dates.first_event_date), usage_dates.first_usage_date),
            days_ended.last_date
        ) as first_date
    from days_ended
    left join event_dates on days_ended.account_id = event_dates.account_id
    left join usage_dates on days_ended.account_id = usage_dates.account_id
)

select * from dated
