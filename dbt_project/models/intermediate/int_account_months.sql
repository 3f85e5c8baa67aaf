-- A month is invoiced once it has begun before the watermark, from the account's first day on; after
-- the account has closed only where there is still usage.
with accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

events as (
    select * from {{ ref('int_account_events_accepted') }}
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

-- A rate set in the account's very first month is no change of a rate: it holds from that month.
taxes as (
    select
        events.account_id,
        events.tax_category,
        events.tax_rate,
        events.occurred_at,
        events.event_id,
        case
            when {{ month_of('events.event_date') }} = {{ month_of('accounts.first_date') }}
                then {{ month_of('events.event_date') }}
            else {{ next_month_of('events.event_date') }}
        end as from_date
    from events
    inner join accounts on events.account_id = accounts.account_id
    where events.event_type = 'tax_set'
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

month_taxes as (
    select
        months.account_id,
        months.month_date,
        max(row(taxes.from_date, taxes.occurred_at, taxes.event_id, taxes.tax_category, taxes.tax_rate)) as tax
    from months
    inner join taxes on months.account_id = taxes.account_id and months.month_date >= taxes.from_date
    group by all
),

described as (
    select
        months.account_id,
        months.month_date,
        {{ next_month_of('months.month_date') }} as next_month_date,
        coalesce(month_currencies.currency, '{{ var("default_currency") }}') as currency,
        month_taxes.tax[4] as tax_category,
        cast(coalesce(month_taxes.tax[5], 0) as decimal(9, 4)) as tax_rate
    from months
    left join month_currencies
        on months.account_id = month_currencies.account_id and months.month_date = month_currencies.month_date
    left join month_taxes
        on months.account_id = month_taxes.account_id and months.month_date = month_taxes.month_date
)

select * from described
