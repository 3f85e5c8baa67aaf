with judged as (
    select * from {{ ref('int_account_events_judged') }}
),

folded as (
    select * from {{ ref('int_plan_events_folded') }}
    where refusal_reason is not null
),

refusals as (
    select
        judged.account_id,
        judged.event_id,
        judged.app_id,
        judged.occurred_at,
        judged.event_type,
        coalesce(judged.refusal_reason, folded.refusal_reason) as refusal_reason,
        judged.file,
        judged.line
    from judged
    left join folded
        on
            judged.account_id = folded.account_id
            and judged.event_id = folded.event_id
            and judged.occurred_at = folded.occurred_at
    where judged.refusal_reason is not null or folded.refusal_reason is not null
)

select * from refusals
order by account_id, occurred_at, event_id
