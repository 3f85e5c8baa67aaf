-- What has been used of each commitment: the usage that the same subscription was charged for in its days.
with terms as (
    select * from {{ ref('int_commitment_terms') }}
),

described as (
    select * from {{ ref('int_charges_described') }}
    where charge_kind = 'usage'
),

rated as (
    select * from {{ ref('int_rated_charges') }}
),

accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

commitments as (
    select
        cast(
            to_json([terms.account_id, terms.app_id, strftime(terms.charge_period_start_date, '%Y-%m-%d')])
            as varchar
        ) as commitment_id,
        terms.committed_amount,
        cast(coalesce(sum(rated.amount), 0) as decimal(18, 6)) as used_amount,
        terms.overage_factor,
        terms.minor_unit,
        accounts.last_date >= terms.charge_period_end_date as is_period_over
    from terms
    inner join accounts on terms.account_id = accounts.account_id
    left join described
        on
            terms.account_id = described.account_id
            and terms.app_id is not distinct from described.app_id
            and terms.charge_period_start_date <= described.charge_period_start_date
            and terms.charge_period_end_date >= described.charge_period_end_date
    left join rated on described.charge_id = rated.charge_id
    group by all
)

select * from commitments
