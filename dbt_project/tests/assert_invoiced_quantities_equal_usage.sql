-- A returned row is usage of a month that is neither on a per-unit line, nor under a flat charge, nor
-- in unrated_usage, or that is charged beyond what was used: lost or overcharged (R20).
{{ config(meta = {'dagster': {'ref': {'name': 'invoice_line_items'}}}) }}

with usage_sums as (
    select
        account_id,
        app_id,
        usage_month_date as month_date,
        billing_sessions,
        voice_sessions
    from {{ ref('usage_monthly') }}
),

flat_charged as (
    select
        account_id,
        app_id,
        month_date,
        sum(case when metric = 'voice_sessions' then 0 else quantity end) as billing_sessions,
        sum(case when metric = 'voice_sessions' then quantity else 0 end) as voice_sessions
    from {{ ref('int_usage_priced') }}
    where charge_model = 'flat' and unrated_reason is null
    group by all
),

lines as (
    select
        line_items.account_id,
        line_items.app_id,
        invoices.invoice_month as month_date,
        sum(case when line_items.metric = 'voice_sessions' then 0 else line_items.quantity end) as billing_sessions,
        sum(case when line_items.metric = 'voice_sessions' then line_items.quantity else 0 end) as voice_sessions
    from {{ ref('invoice_line_items') }} as line_items
    inner join {{ ref('invoices') }} as invoices on line_items.invoice_id = invoices.invoice_id
    inner join {{ ref('int_prices') }} as prices
        on
            line_items.plan_id = prices.plan_id
            and line_items.plan_version = prices.plan_version
            and line_items.metric = prices.metric
    where prices.charge_model = 'per_unit' and line_items.metric != 'agent_seats'
    group by all
),

unrated as (
    select
        account_id,
        app_id,
        usage_month_date as month_date,
        sum(case when metric = 'voice_sessions' then 0 else quantity end) as billing_sessions,
        sum(case when metric = 'voice_sessions' then quantity else 0 end) as voice_sessions
    from {{ ref('unrated_usage') }}
    where metric not in ('base_fee', 'agent_seats')
    group by all
),

accounted_for as (
    select * from flat_charged
    union all
    select * from lines
    union all
    select * from unrated
),

-- Usage later than the watermark waits for its month to begin.
expected as (
    select usage_sums.*
    from usage_sums
    inner join {{ ref('int_account_months') }} as months
        on usage_sums.account_id = months.account_id and usage_sums.month_date = months.month_date
),

differences as (
    select * from expected
    union all
    select
        account_id,
        app_id,
        month_date,
        -billing_sessions as billing_sessions,
        -voice_sessions as voice_sessions
    from accounted_for
)

select
    account_id,
    app_id,
    month_date
from differences
where app_id is not null
group by all
having sum(billing_sessions) != 0 or sum(voice_sessions) != 0
