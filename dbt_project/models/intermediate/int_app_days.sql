-- R17: every day from the app's publication to its closing, and besides them whatever day has usage.
with apps as (
    select * from {{ ref('int_apps_dated') }}
),

accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

usage_quarters as (
    select * from {{ ref('int_usage_quarter_hours_dated') }}
),

published_days as (
    select
        apps.account_id,
        apps.app_id,
        unnest(
            generate_series(
                apps.published_date,
                least(coalesce(apps.closed_date, accounts.last_date), accounts.last_date),
                interval '1 day'
            )
        ) as usage_date
    from apps
    inner join accounts on apps.account_id = accounts.account_id
    where apps.published_date is not null
),

days as (
    select
        account_id,
        app_id,
        cast(usage_date as date) as usage_date
    from published_days
    union
    select
        account_id,
        app_id,
        usage_date
    from usage_quarters
)

select * from days
