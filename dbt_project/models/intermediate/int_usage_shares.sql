-- P0: each line names its app. A contract's charge is rated on all its apps together and shared out by
-- their usage; a flat one is the account's own.
with described as (
    select * from {{ ref('int_charges_described') }}
    where charge_kind = 'usage' and charge_model != 'flat'
),

usage_subscribed as (
    select * from {{ ref('int_usage_subscribed') }}
    where unrated_reason is null and subscribed_app_id is null
),

contract_shares as (
    select
        described.charge_id,
        usage_subscribed.app_id,
        cast(sum(usage_subscribed.quantity) as bigint) as quantity
    from described
    inner join usage_subscribed
        on
            described.account_id = usage_subscribed.account_id
            and described.app_id is null
            and described.metric = usage_subscribed.metric
            and described.price_id = usage_subscribed.price_id
            and described.charge_period_start_date <= usage_subscribed.usage_date
            and described.charge_period_end_date > usage_subscribed.usage_date
    group by all
),

shares as (
    select * from contract_shares
    union all
    select
        described.charge_id,
        described.app_id,
        described.quantity
    from described
    anti join contract_shares on described.charge_id = contract_shares.charge_id
)

select * from shares
