-- Each field of an event by itself, as the table of fields wants it. Values are texts until they are
-- found sound: no amount passes through a float.
with events as (
    select * from {{ ref('int_account_events_resolved') }}
),

fields as (
    select * from {{ ref('account_event_fields') }}
),

-- DuckDB's list has three-letter names of its own (ACT, BST, …) that IANA does not know.
known_values as (
    select
        'zone' as value_kind,
        name as known_value
    from pg_timezone_names()
    where
        (name like '%/%' and name not like 'SystemV/%')
        or name in ('UTC', 'GMT', 'WET', 'CET', 'MET', 'EET')
    union
    select
        'currency' as value_kind,
        currency as known_value
    from {{ ref('currencies') }}
    union
    select
        'plan' as value_kind,
        plan_id as known_value
    from {{ ref('plans') }}
),

spelled_out as (
    select
        events.account_id,
        events.event_id,
        events.occurred_at,
        fields.field_number,
        fields.field,
        fields.value_kind,
        fields.is_required,
        fields.choices,
        nullif(json_extract_string(events.payload, '$."' || fields.field || '"'), '') as field_value
    from events
    inner join fields on events.event_type = fields.event_type
),

looked_up as (
    select
        spelled_out.*,
        known_values.known_value is not null as is_known
    from spelled_out
    left join known_values
        on spelled_out.value_kind = known_values.value_kind and spelled_out.field_value = known_values.known_value
),

found as (
    select
        *,
        case
            when field_value is null and is_required then 'is missing'
            when field_value is null then null
            when value_kind = 'zone' and not is_known then '"' || left(field_value, 40) || '" is not an IANA zone'
            when value_kind in ('currency', 'plan') and not is_known then 'is not known'
            when
                value_kind = 'choice' and not list_contains(string_split(choices, '|'), field_value)
                then 'is not one of ' || replace(choices, '|', ', ')
            when
                value_kind = 'id' and not regexp_full_match(field_value, '[A-Za-z0-9_.-]{1,40}')
                then 'is not an id of letters, digits, dots, dashes and underscores'
            when
                value_kind = 'whole' and not regexp_full_match(field_value, '[0-9]{1,9}')
                then 'is not a whole number'
            when
                value_kind = 'days' and not regexp_full_match(field_value, '[1-9][0-9]{0,3}')
                then 'is not a whole number of days between 1 and 9999'
            when
                value_kind = 'minutes' and not (
                    regexp_full_match(field_value, '[0-9]{1,5}')
                    and coalesce(try_cast(field_value as integer) between 5 and 20160, false)
                )
                then 'is not a whole number between 5 and 20160'
            when
                value_kind = 'percent'
                and not regexp_full_match(field_value, '([0-9]{1,2}([.][0-9]{1,4})?|100([.]0{1,4})?)')
                then 'is not a percentage'
            when
                value_kind = 'count' and not regexp_full_match(field_value, '[0-9]{1,6}')
                then 'is not a whole number below 1,000,000'
            when
                value_kind = 'size' and not regexp_full_match(field_value, '[1-9][0-9]{0,8}([.][0-9]{1,6})?')
                then 'is not a number from 1 to below 1,000,000,000 with at most 6 decimal places'
            when
                value_kind = 'factor' and not regexp_full_match(field_value, '[0-9]([.][0-9]{1,6})?')
                then 'is not a factor below 10 with at most 6 decimal places'
            when
                value_kind = 'amount' and not (
                    regexp_full_match(field_value, '[0-9]{1,12}([.][0-9]{1,6})?')
                    and regexp_matches(field_value, '[1-9]')
                )
                then 'is not an amount above zero with at most 6 decimal places'
            when
                value_kind = 'price' and not regexp_full_match(field_value, '[0-9]{1,12}([.][0-9]{1,6})?')
                then 'is not an amount with at most 6 decimal places'
            when
                value_kind in ('amount', 'price') and try_cast(field_value as decimal(18, 6)) >= {{ money_bound() }}
                then 'is not below 100,000,000,000'
            when
                value_kind = 'date' and not (
                    regexp_full_match(field_value, '[0-9]{4}-[0-9]{2}-[0-9]{2}')
                    and try_cast(field_value as date) is not null
                )
                then 'is not a date such as 2026-03-01'
            when value_kind = 'flag' and field_value not in ('true', 'false') then 'is neither true nor false'
        end as fault
    from looked_up
),

judged as (
    select
        account_id,
        event_id,
        occurred_at,
        field_number,
        field,
        field_value,
        case
            when fault is not null
                then if(value_kind = 'plan' and field_value is not null, 'plan', field) || ' ' || fault
        end as value_reason
    from found
)

select * from judged
