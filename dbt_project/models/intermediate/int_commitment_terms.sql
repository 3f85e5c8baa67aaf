-- P7: what a subscription's usage of a month comes to at least. The contract's own term goes before the
-- plan's; a part of a month has its part.
with subscription_months as (
    select * from {{ ref('int_subscription_months') }}
),

plans as (
    select * from {{ ref('plans') }}
),

commitments_set as (
    select * from {{ ref('int_commitments_set') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

dated_plans as (
    select
        *,
        coalesce(lead(effective_date) over (partition by plan_id order by effective_date), date '9999-12-31')
            as until_date
    from plans
),

terms as (
    select
        subscription_months.account_id,
        subscription_months.app_id,
        subscription_months.month_date,
        subscription_months.plan_id,
        dated_plans.plan_version,
        dated_plans.tax_category,
        currencies.minor_unit,
        subscription_months.from_date as charge_period_start_date,
        subscription_months.until_date as charge_period_end_date,
        coalesce(commitments_set.committed_amount, dated_plans.minimum_commitment) as committed_amount,
        case
            when commitments_set.account_id is null then dated_plans.overage_factor
            else commitments_set.overage_factor
        end as overage_factor,
        cast(subscription_months.until_date - subscription_months.from_date as integer) as days,
        cast(subscription_months.next_month_date - subscription_months.month_date as integer) as period_days
    from subscription_months
    inner join dated_plans
        on
            subscription_months.plan_id = dated_plans.plan_id
            and subscription_months.from_date >= dated_plans.effective_date
            and subscription_months.from_date < dated_plans.until_date
    inner join currencies on subscription_months.currency = currencies.currency
    left join commitments_set
        on
            subscription_months.account_id = commitments_set.account_id
            and subscription_months.app_id is null
            and subscription_months.from_date >= commitments_set.from_date
            and subscription_months.from_date < commitments_set.until_date
    where dated_plans.currency = subscription_months.currency
),

prorated as (
    select
        * exclude (committed_amount),
        case
            when days = period_days then cast(committed_amount as decimal(18, 6))
            else cast({{ prorated('committed_amount', 'days', 'period_days', 'minor_unit') }} as decimal(18, 6))
        end as committed_amount
    from terms
    where committed_amount > 0
)

select * from prorated
