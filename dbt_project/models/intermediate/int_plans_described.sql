-- What holds of a plan in all its versions.
with plans as (
    select * from {{ ref('plans') }}
),

charges as (
    select * from {{ ref('plan_charges') }}
),

terms as (
    select * from {{ ref('plan_terms') }}
),

latest_versions as (
    select
        plan_id,
        plan_name,
        plan_kind,
        currency
    from plans
    qualify row_number() over (partition by plan_id order by plan_version desc) = 1
),

priced_metrics as (
    select
        plan_id,
        bool_or(metric = 'agent_seats') as prices_agents,
        bool_or(metric = 'billing_sessions') as prices_the_sum
    from charges
    group by plan_id
),

described as (
    select
        plans.plan_id,
        plans.plan_name,
        plans.plan_kind,
        plans.currency,
        terms.expires_after_days,
        terms.free_credit,
        terms.free_credit_days,
        terms.minimum_top_up,
        terms.maximum_top_up,
        terms.low_balance,
        -- A trial prices nothing and lets everything be tried; what a contract prices may still be agreed.
        plans.plan_kind in ('trial', 'enterprise') or coalesce(priced_metrics.prices_agents, false) as has_agents,
        coalesce(priced_metrics.prices_the_sum, false) as prices_the_sum
    from latest_versions as plans
    left join priced_metrics on plans.plan_id = priced_metrics.plan_id
    left join terms on plans.plan_id = terms.plan_id
)

select * from described
