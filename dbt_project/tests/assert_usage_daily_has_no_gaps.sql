-- A returned row is an app that lacks a day between its publication and its closing (R17).
with counted as (
    select
        apps.account_id,
        apps.app_id,
        least(coalesce(apps.closed_date, accounts.last_date), accounts.last_date) - apps.published_date + 1
            as expected_days,
        count(daily.usage_date) as found_days
    from {{ ref('apps') }} as apps
    inner join {{ ref('int_accounts_dated') }} as accounts on apps.account_id = accounts.account_id
    left join {{ ref('usage_daily') }} as daily
        on
            apps.account_id = daily.account_id
            and apps.app_id = daily.app_id
            and apps.published_date <= daily.usage_date
            and least(coalesce(apps.closed_date, accounts.last_date), accounts.last_date) >= daily.usage_date
    where apps.published_date is not null
    group by all
)

select *
from counted
where found_days != greatest(expected_days, 0)
