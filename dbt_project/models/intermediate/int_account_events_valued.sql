-- What an event alone can be refused for: its type, its app, its values.
with events as (
    select * from {{ ref('int_account_events_resolved') }}
),

event_types as (
    select * from {{ ref('account_event_types') }}
),

faulty_values as (
    select
        account_id,
        event_id,
        occurred_at,
        arg_min(value_reason, field_number) as value_reason
    from {{ ref('int_account_event_values') }}
    where value_reason is not null
    group by all
),

conflicts as (
    select * from {{ ref('int_account_event_conflicts') }}
),

valued as (
    select
        events.account_id,
        events.event_id,
        events.app_id,
        events.occurred_at,
        events.event_type,
        events.payload,
        events.file,
        events.line,
        event_types.app_rule,
        event_types.is_taken_after_closing,
        nullif(events.payload ->> 'account_name', '') as account_name,
        nullif(events.payload ->> 'app_name', '') as app_name,
        nullif(events.payload ->> 'zone', '') as zone,
        nullif(events.payload ->> 'currency', '') as currency,
        nullif(events.payload ->> 'kind', '') as account_kind,
        nullif(events.payload ->> 'locale', '') as locale,
        nullif(events.payload ->> 'plan_id', '') as plan_id,
        nullif(events.payload ->> 'tax_category', '') as tax_category,
        try_cast(events.payload ->> 'tax_rate' as decimal(9, 4)) as tax_rate,
        try_cast(events.payload ->> 'seats' as bigint) as seats,
        case
            when event_types.event_type is null then 'unknown type of event'
            when event_types.app_rule = 'required' and events.app_id is null then 'app_id is missing'
            else coalesce(faulty_values.value_reason, conflicts.conflict_reason)
        end as refusal_reason
    from events
    left join event_types on events.event_type = event_types.event_type
    left join faulty_values
        on
            events.account_id = faulty_values.account_id
            and events.event_id = faulty_values.event_id
            and events.occurred_at = faulty_values.occurred_at
    left join conflicts
        on
            events.account_id = conflicts.account_id
            and events.event_id = conflicts.event_id
            and events.occurred_at = conflicts.occurred_at
)

select * from valued
