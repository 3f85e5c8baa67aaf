-- The last reasons that need no plan: amounts, roles, payments, and ids that stand for something ever after.
with dated as (
    select
        events.* exclude (refusal_reason),
        coalesce(events.refusal_reason, amounts.refusal_reason) as refusal_reason
    from {{ ref('int_account_events_dated') }} as events
    left join {{ ref('int_account_amounts_judged') }} as amounts
        on
            events.account_id = amounts.account_id
            and events.event_id = amounts.event_id
            and events.occurred_at = amounts.occurred_at
),

alive as (
    select
        *,
        case
            when event_type in ('role_granted', 'role_revoked') then 'role'
            when event_type in ('payment_recorded', 'payment_reversed') then 'payment'
            when
                event_type in (
                    'free_credit_granted', 'discount_granted', 'contract_price_set', 'credit_note_requested'
                )
                then event_type
        end as subject_kind,
        case
            when event_type in ('role_granted', 'role_revoked')
                then (payload ->> 'role') || ' ' || (payload ->> 'user_id')
            when event_type in ('payment_recorded', 'payment_reversed') then payload ->> 'payment_id'
            else event_id
        end as subject_id
    from dated
    where refusal_reason is null
),

in_sequence as (
    select
        *,
        lag(event_type) over of_subject as previous_type,
        coalesce(bool_or(event_type = 'payment_recorded') over earlier_of_subject, false) as is_recorded
    from alive
    window
        of_subject as (
            partition by account_id, subject_kind, subject_id
            order by occurred_at, event_id
        ),
        earlier_of_subject as (
            partition by account_id, subject_kind, subject_id
            order by occurred_at, event_id
            rows between unbounded preceding and 1 preceding
        )
),

-- A reversal before its payment is refused and must not keep a later one from being taken.
reversed as (
    select
        *,
        coalesce(
            bool_or(event_type = 'payment_reversed' and is_recorded) over (
                partition by account_id, subject_kind, subject_id
                order by occurred_at, event_id
                rows between unbounded preceding and 1 preceding
            ),
            false
        ) as is_reversed
    from in_sequence
),

judged as (
    select
        * exclude (refusal_reason, subject_kind, subject_id, previous_type, is_recorded, is_reversed),
        case
            when event_type = 'role_granted' and previous_type = 'role_granted' then 'role is already granted'
            when event_type = 'role_revoked' and coalesce(previous_type, 'role_revoked') = 'role_revoked'
                then 'role is not granted'
            when event_type = 'payment_recorded' and is_recorded then 'payment is already recorded'
            when event_type = 'payment_reversed' and not is_recorded then 'payment is not recorded'
            when event_type = 'payment_reversed' and is_reversed then 'payment is already reversed'
            when subject_kind = event_type and previous_type is not null then 'event_id is already used'
        end as refusal_reason
    from reversed
    union all
    select * from dated
    where refusal_reason is not null
)

select * from judged
