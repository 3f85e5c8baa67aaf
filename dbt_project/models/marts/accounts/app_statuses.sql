-- P10: a prepaid app whose balance is at or below zero is inactive. Apart from plan_states, which is folded from
-- the account's book alone: the book knows no draws. An app without a plan of its own has the contract's (P0).
with plan_states as (
    select * from {{ ref('plan_states') }}
    where app_id is not null
),

contracts as (
    select * from {{ ref('plan_states') }}
    where app_id is null
),

wallets as (
    select * from {{ ref('wallets') }}
    where is_current
),

statuses as (
    select
        plan_states.account_id,
        plan_states.app_id,
        case
            when
                plan_states.plan_kind = 'payg'
                and plan_states.status in ('Active', 'Expiring')
                and coalesce(wallets.balance, 0) <= 0
                then 'Inactive'
            when plan_states.plan_id is null and plan_states.status = 'Inactive'
                then coalesce(contracts.status, plan_states.status)
            else plan_states.status
        end as status
    from plan_states
    left join contracts on plan_states.account_id = contracts.account_id
    left join wallets on plan_states.account_id = wallets.account_id and plan_states.app_id = wallets.app_id
)

select * from statuses
order by account_id, app_id
