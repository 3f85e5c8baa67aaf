with dated as (
    select * from {{ ref('int_apps_dated') }}
),

apps as (
    select
        account_id,
        app_id,
        app_name,
        published_date,
        closed_date
    from dated
)

select * from apps
order by account_id, app_id
