-- What an event alone can be refused for, and what the few events that only count once can be:
-- the rest is judged where its fold is (int_plan_events_folded).
with events as (
    select * from {{ ref('int_account_events_resolved') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

plans as (
    select distinct plan_id from {{ ref('plans') }}
),

-- DuckDB's list has three-letter names of its own (ACT, BST, …) that IANA does not know.
zones as (
    select name as zone
    from pg_timezone_names()
    where
        (name like '%/%' and name not like 'SystemV/%')
        or name in ('UTC', 'GMT', 'WET', 'CET', 'MET', 'EET')
),

spelled_out as (
    select
        account_id,
        event_id,
        app_id,
        occurred_at,
        event_type,
        file,
        line,
        payload ->> 'account_name' as account_name,
        payload ->> 'app_name' as app_name,
        payload ->> 'zone' as zone,
        payload ->> 'currency' as currency,
        payload ->> 'kind' as account_kind,
        payload ->> 'locale' as locale,
        payload ->> 'plan_id' as plan_id,
        payload ->> 'tax_category' as tax_category,
        payload ->> 'tax_rate' as tax_rate_text,
        payload ->> 'seats' as seats_text,
        payload ->> 'inactivity_minutes' as inactivity_text
    from events
),

valued as (
    select
        spelled_out.*,
        case
            when
                spelled_out.event_type not in (
                    'account_opened', 'account_closed', 'zone_set', 'currency_set', 'tax_set',
                    'billing_profile_set', 'seller_set', 'role_granted', 'role_revoked',
                    'app_published', 'app_suspended', 'app_closed', 'owner_changed',
                    'inactivity_minutes_set', 'plan_subscribed', 'plan_changed', 'plan_cancelled',
                    'extension_requested', 'extension_granted', 'extension_refused', 'seats_set',
                    'order_placed', 'order_cleared', 'order_failed', 'order_cancelled',
                    'free_credit_granted', 'payment_recorded', 'payment_reversed', 'contract_price_set'
                )
                then 'unknown type of event'
            when
                spelled_out.event_type in (
                    'app_published', 'app_suspended', 'app_closed', 'inactivity_minutes_set', 'seats_set'
                )
                and spelled_out.app_id is null
                then 'app_id is missing'
            when
                spelled_out.event_type in ('account_opened', 'zone_set')
                and spelled_out.zone is not null
                and zones.zone is null
                then 'zone is not an IANA zone'
            when spelled_out.event_type = 'zone_set' and spelled_out.zone is null then 'zone is missing'
            when
                spelled_out.event_type in ('account_opened', 'currency_set')
                and spelled_out.currency is not null
                and currencies.currency is null
                then 'currency is not known'
            when
                spelled_out.event_type = 'currency_set' and spelled_out.currency is null
                then 'currency is missing'
            when
                spelled_out.event_type = 'account_opened'
                and spelled_out.account_kind not in ('standard', 'enterprise')
                then 'kind is neither standard nor enterprise'
            when
                spelled_out.event_type = 'seats_set'
                and not coalesce(regexp_full_match(spelled_out.seats_text, '[0-9]{1,9}'), false)
                then 'seats is not a whole number'
            when
                spelled_out.event_type = 'inactivity_minutes_set'
                and not coalesce(
                    regexp_full_match(spelled_out.inactivity_text, '[0-9]{1,5}')
                    and try_cast(spelled_out.inactivity_text as integer) between 5 and 20160,
                    false
                )
                then 'inactivity_minutes is not a whole number between 5 and 20160'
            when
                spelled_out.event_type = 'tax_set'
                and not coalesce(
                    regexp_full_match(spelled_out.tax_rate_text, '([0-9]{1,2}([.][0-9]{1,4})?|100([.]0{1,4})?)'),
                    false
                )
                then 'tax_rate is not a percentage'
            when
                spelled_out.event_type in ('plan_subscribed', 'plan_changed') and plans.plan_id is null
                then 'plan is not known'
        end as value_reason
    from spelled_out
    left join zones on spelled_out.zone = zones.zone
    left join currencies on spelled_out.currency = currencies.currency
    left join plans on spelled_out.plan_id = plans.plan_id
),

in_sequence as (
    select
        *,
        lag(event_type) over (
            partition by
                account_id,
                case when event_type in ('app_published', 'app_closed') then 'app' else event_type end,
                case when event_type in ('app_published', 'app_closed') then app_id end
            order by occurred_at, event_id
        ) as previous_type
    from valued
    where value_reason is null
),

judged as (
    select
        * exclude (value_reason, previous_type),
        case
            when event_type = 'account_opened' and previous_type is not null then 'account is already open'
            when event_type = 'account_closed' and previous_type is not null then 'account is already closed'
            when event_type = 'app_published' and previous_type = event_type then 'app is already published'
            when event_type = 'app_closed' and previous_type = event_type then 'app is already closed'
        end as refusal_reason
    from in_sequence
    union all
    select
        * exclude (value_reason),
        value_reason as refusal_reason
    from valued
    where value_reason is not null
),

typed as (
    select
        * exclude (seats_text, tax_rate_text, inactivity_text),
        try_cast(seats_text as bigint) as seats,
        try_cast(tax_rate_text as decimal(9, 4)) as tax_rate
    from judged
)

select * from typed
