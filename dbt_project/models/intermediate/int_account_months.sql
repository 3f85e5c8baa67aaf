-- A month is invoiced once it has begun before the watermark, from the account's first day on; after
-- the account has closed only where there is still usage.
with accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

events as (
    select * from {{ ref('int_account_events_accepted') }}
),

zones as (
    select * from {{ ref('int_account_zones') }}
),

months as (
    select
        account_id,
        cast(unnest(
            generate_series(
                {{ month_of('first_date') }},
                least(last_date, greatest(coalesce(closed_date, last_date), last_usage_date)),
                interval '1 month'
            )
        ) as date) as month_date
    from accounts
),

currencies as (
    select
        account_id,
        currency,
        occurred_at,
        event_id,
        case
            when event_type = 'account_opened' then date '0001-01-01' else {{ next_month_of('event_date') }}
        end as from_date
    from events
    where event_type in ('account_opened', 'currency_set') and currency is not null
),

month_currencies as (
    select
        months.account_id,
        months.month_date,
        arg_max(currencies.currency, row(currencies.from_date, currencies.occurred_at, currencies.event_id))
            as currency
    from months
    inner join currencies
        on months.account_id = currencies.account_id and months.month_date >= currencies.from_date
    group by all
),

month_zones as (
    select
        months.account_id,
        months.month_date,
        arg_max(zones.zone, zones.from_at) as zone
    from months
    inner join zones on months.account_id = zones.account_id and months.month_date >= zones.first_local_date
    group by all
),

described as (
    select
        months.account_id,
        months.month_date,
        {{ next_month_of('months.month_date') }} as next_month_date,
        coalesce(month_currencies.currency, '{{ var("default_currency") }}') as currency,
        month_zones.zone
    from months
    inner join month_zones
        on months.account_id = month_zones.account_id and months.month_date = month_zones.month_date
    left join month_currencies
        on months.account_id = month_currencies.account_id and months.month_date = month_currencies.month_date
)

select * from described
