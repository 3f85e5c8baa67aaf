-- A month is invoiced once it has begun before the watermark, from the account's first day on; after
-- the account has closed only where there is still usage, or a top-up whose payment cleared later.
with accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

currencies as (
    select * from {{ ref('int_account_currencies') }}
),

zones as (
    select * from {{ ref('int_account_zones') }}
),

issued_months as (
    select * from {{ ref('int_issued_months') }}
),

settlements as (
    select
        account_id,
        max(settled_date) as last_settled_date
    from {{ ref('int_orders') }}
    where status = 'cleared'
    group by account_id
),

begun_months as (
    select
        accounts.account_id,
        cast(unnest(
            generate_series(
                {{ month_of('accounts.first_date') }},
                least(
                    accounts.last_date,
                    greatest(
                        coalesce(accounts.closed_date, accounts.last_date),
                        accounts.last_usage_date,
                        settlements.last_settled_date
                    )
                ),
                interval '1 month'
            )
        ) as date) as month_date
    from accounts
    left join settlements on accounts.account_id = settlements.account_id
),

-- What was issued stays a month to be rated, also where the book says later that the account had closed.
months as (
    select * from begun_months
    union
    select
        issued_months.account_id,
        issued_months.month_date
    from issued_months
    inner join accounts on issued_months.account_id = accounts.account_id
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
        coalesce(currencies.currency, '{{ var("default_currency") }}') as currency,
        month_zones.zone
    from months
    inner join month_zones
        on months.account_id = month_zones.account_id and months.month_date = month_zones.month_date
    left join currencies
        on
            months.account_id = currencies.account_id
            and months.month_date >= currencies.from_date
            and months.month_date < currencies.until_date
)

select * from described
