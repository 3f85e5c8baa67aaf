with dated as (
    select * from {{ ref('int_accounts_dated') }}
),

openings as (
    select * from {{ ref('int_account_events_accepted') }}
    where event_type = 'account_opened'
),

months as (
    select * from {{ ref('int_account_months') }}
),

currencies as (
    select
        account_id,
        arg_max(currency, month_date) as currency
    from months
    group by account_id
),

accounts as (
    select
        dated.account_id,
        coalesce(openings.account_name, dated.account_id) as account_name,
        dated.zone,
        coalesce(currencies.currency, openings.currency, '{{ var("default_currency") }}') as currency,
        coalesce(openings.account_kind, 'standard') as account_kind,
        coalesce(openings.locale, '{{ var("default_locale") }}') as locale,
        dated.opened_date,
        dated.closed_date
    from dated
    left join openings on dated.account_id = openings.account_id
    left join currencies on dated.account_id = currencies.account_id
)

select * from accounts
order by account_id
