-- Every reason of every judge; an event is refused for the first of them.
with judged as (
    select
        account_id,
        event_id,
        occurred_at,
        1 as judge_number,
        refusal_reason
    from {{ ref('int_account_events_judged') }}
    {% for judge in [
        'int_plan_events_folded', 'int_prepaid_events_judged', 'int_contract_events_judged', 'int_order_events_judged'
    ] -%}
        union all
        select
            account_id,
            event_id,
            occurred_at,
            {{ loop.index + 1 }} as judge_number,
            refusal_reason
        from {{ ref(judge) }}
    {% endfor -%}
),

refusals as (
    select
        account_id,
        event_id,
        occurred_at,
        arg_min(refusal_reason, judge_number) as refusal_reason
    from judged
    where refusal_reason is not null
    group by all
)

select * from refusals
