-- The plan of every app as the console shows it: its own, or for an app of an Enterprise account the contract's. The
-- contract has a row of its own, without an app. The balance is that of the wallet in the account's currency (P0).
with states as (
    select * from {{ ref('plan_states') }}
),

apps as (
    select * from {{ ref('apps') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

statuses as (
    select * from {{ ref('app_statuses') }}
),

wallets as (
    select * from {{ ref('wallets') }}
    where is_current
),

subjects as (
    select
        account_id,
        app_id
    from states
    union
    select
        account_id,
        cast(null as varchar) as app_id
    from accounts
    where account_kind = 'enterprise'
),

described as (
    select
        subjects.account_id,
        subjects.app_id,
        coalesce(apps.app_name, subjects.app_id) as app_name,
        apps.owner_id,
        states.plan_id is null and coalesce(contracts.is_in_force, false) as is_under_contract,
        case
            when states.plan_id is null and contracts.is_in_force then contracts.plan_id
            else states.plan_id
        end as plan_id,
        coalesce(case when subjects.app_id is null then states.status else statuses.status end, 'Inactive') as status,
        case
            when states.plan_id is null and contracts.is_in_force then contracts.is_in_force
            else coalesce(states.is_in_force, false)
        end as is_in_force,
        coalesce(states.agent_seats, 0) as agent_seats,
        wallets.currency as wallet_currency,
        wallets.balance,
        wallets.balance_status,
        wallets.days_left
    from subjects
    left join states
        on subjects.account_id = states.account_id and subjects.app_id is not distinct from states.app_id
    left join states as contracts on subjects.account_id = contracts.account_id and contracts.app_id is null
    left join apps on subjects.account_id = apps.account_id and subjects.app_id = apps.app_id
    left join statuses on subjects.account_id = statuses.account_id and subjects.app_id = statuses.app_id
    left join wallets on subjects.account_id = wallets.account_id and subjects.app_id = wallets.app_id
),

plans as (
    select * from {{ ref('int_plans_described') }}
),

app_plans as (
    select
        described.account_id,
        described.app_id,
        described.app_name,
        described.owner_id,
        described.is_under_contract and described.app_id is not null as is_under_contract,
        described.plan_id,
        plans.plan_name,
        plans.plan_kind,
        described.status,
        described.is_in_force,
        described.agent_seats,
        described.wallet_currency,
        described.balance,
        described.balance_status,
        described.days_left
    from described
    left join plans on described.plan_id = plans.plan_id
)

select * from app_plans
order by account_id, app_id
