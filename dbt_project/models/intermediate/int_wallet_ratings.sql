with wallet_days as (
    select * from {{ ref('int_wallet_days') }}
),

months as (
    select * from {{ ref('int_account_months') }}
),

rated as (
    select * from {{ ref('int_rated_charges') }}
),

ratings as (
    select
        wallet_days.account_id,
        wallet_days.app_id,
        months.currency,
        wallet_days.month_date,
        wallet_days.charge_id,
        wallet_days.wallet_date,
        rated.amount
    from wallet_days
    inner join months
        on wallet_days.account_id = months.account_id and wallet_days.month_date = months.month_date
    inner join rated on wallet_days.wallet_charge_id = rated.charge_id
)

select * from ratings
