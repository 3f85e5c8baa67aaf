with subscriptions as (
    select * from {{ ref('int_subscription_periods') }}
),

months as (
    select * from {{ ref('int_account_months') }}
),

subscription_months as (
    select
        months.account_id,
        subscriptions.app_id,
        subscriptions.plan_id,
        months.month_date,
        months.next_month_date,
        months.currency,
        greatest(months.month_date, subscriptions.from_date) as from_date,
        least(months.next_month_date, subscriptions.until_date) as until_date
    from months
    inner join subscriptions
        on
            months.account_id = subscriptions.account_id
            and months.next_month_date > subscriptions.from_date
            and months.month_date < subscriptions.until_date
)

select * from subscription_months
