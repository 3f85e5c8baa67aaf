-- What an account pays for a metric on a day: its contract's price where one is in force, else its plan's.
with subscriptions as (
    select * from {{ ref('int_subscription_periods') }}
),

prices as (
    select * from {{ ref('int_prices') }}
),

contract_prices as (
    select * from {{ ref('int_contract_prices') }}
),

offers as (
    select distinct
        subscriptions.account_id,
        prices.plan_id,
        prices.plan_kind,
        prices.currency,
        prices.plan_version,
        prices.from_date,
        prices.until_date
    from subscriptions
    inner join prices on subscriptions.plan_id = prices.plan_id
),

contracted as (
    select
        offers.account_id,
        offers.plan_id,
        offers.plan_kind,
        offers.currency,
        offers.plan_version,
        contract_prices.price_id,
        contract_prices.metric,
        contract_prices.charge_model,
        contract_prices.unit_price,
        contract_prices.package_size,
        contract_prices.included_units,
        contract_prices.minimum_spend,
        contract_prices.maximum_spend,
        false as is_flat_fee_due_at_zero,
        'S' as tax_category,
        greatest(offers.from_date, contract_prices.from_date) as from_date,
        least(offers.until_date, contract_prices.until_date) as until_date
    from offers
    inner join contract_prices
        on
            offers.account_id = contract_prices.account_id
            and offers.plan_kind = 'enterprise'
            and offers.from_date < contract_prices.until_date
            and offers.until_date > contract_prices.from_date
),

listed as (
    select
        offers.account_id,
        prices.plan_id,
        prices.plan_kind,
        prices.currency,
        prices.plan_version,
        prices.price_id,
        prices.metric,
        prices.charge_model,
        prices.unit_price,
        prices.package_size,
        prices.included_units,
        prices.minimum_spend,
        prices.maximum_spend,
        prices.is_flat_fee_due_at_zero,
        prices.tax_category,
        prices.from_date,
        prices.until_date
    from offers
    inner join prices on offers.plan_id = prices.plan_id and offers.plan_version = prices.plan_version
),

-- A plan's price holds between the contract's prices of its metric: before, between and after them.
bounds as (
    select
        account_id,
        plan_id,
        plan_version,
        metric,
        unnest([from_date, until_date]) as bound_date
    from contracted
    union
    select
        account_id,
        plan_id,
        plan_version,
        metric,
        unnest([from_date, until_date]) as bound_date
    from listed
),

spans as (
    select
        account_id,
        plan_id,
        plan_version,
        metric,
        bound_date as from_date,
        lead(bound_date) over (
            partition by account_id, plan_id, plan_version, metric
            order by bound_date
        ) as until_date
    from bounds
),

free_spans as (
    select spans.*
    from spans
    anti join contracted
        on
            spans.account_id = contracted.account_id
            and spans.plan_id = contracted.plan_id
            and spans.plan_version = contracted.plan_version
            and spans.metric = contracted.metric
            and spans.from_date >= contracted.from_date
            and spans.from_date < contracted.until_date
    where spans.until_date is not null
),

account_prices as (
    select * from contracted
    union all
    select
        listed.* exclude (from_date, until_date),
        greatest(listed.from_date, free_spans.from_date) as from_date,
        least(listed.until_date, free_spans.until_date) as until_date
    from listed
    inner join free_spans
        on
            listed.account_id = free_spans.account_id
            and listed.plan_id = free_spans.plan_id
            and listed.plan_version = free_spans.plan_version
            and listed.metric = free_spans.metric
            and listed.from_date < free_spans.until_date
            and listed.until_date > free_spans.from_date
)

select * from account_prices
