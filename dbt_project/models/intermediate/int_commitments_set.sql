with agreed as (
    select * from {{ ref('int_contract_events') }}
    where metric = 'minimum_commitment'
),

commitments as (
    select
        account_id,
        try_cast(payload ->> 'amount' as decimal(18, 6)) as committed_amount,
        try_cast(payload ->> 'overage_factor' as decimal(9, 6)) as overage_factor,
        from_date,
        until_date
    from agreed
)

select * from commitments
