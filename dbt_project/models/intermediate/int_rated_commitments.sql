-- P7: the true-up line of a commitment when its period is over; what is used beyond it costs its factor.
with commitments as (
    select * from {{ ref('int_commitments') }}
),

measured as (
    select
        *,
        {{ round_to_minor_unit('committed_amount', 'minor_unit') }} as committed,
        {{ round_to_minor_unit('used_amount', 'minor_unit') }} as used,
        cast(greatest(used_amount - committed_amount, 0) as decimal(38, 12)) as excess,
        cast(coalesce(overage_factor, 1) - 1 as decimal(18, 6)) as surcharge
    from commitments
),

rated_commitments as (
    select
        commitment_id,
        minor_unit,
        case
            when is_period_over and used < committed then cast(committed - used as decimal(18, 4))
            else cast(0 as decimal(18, 4))
        end as true_up_amount,
        {{ round_to_minor_unit('excess * surcharge', 'minor_unit') }} as overage_amount
    from measured
)

select * from rated_commitments
