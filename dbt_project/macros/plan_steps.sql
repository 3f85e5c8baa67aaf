{#- P6: what the next event makes of a subscription, or why it is refused: the state after the steps before it
    (`fold`), joined to the events that come next (`plan_events`), with `plans` as int_plans_described has them.
    The fold takes one step after the other with it; the console asks it what an event would do. -#}
{% macro plan_steps_judged() -%}
    select
        *,
        coalesce(is_change and new_date = event_date, false) as is_at_once
    from (
        select
            *,
            refusal_reason is null as is_taken,
            refusal_reason is null and new_date is not null as is_change
        from (
            select
                *,
                case
                    when event_type = 'extension_granted' then expires_date + extension_days
                    else new_date + expires_after_days
                end as new_expires_date,
                case
                    when event_type in ('plan_subscribed', 'plan_changed') and new_base_fee is null
                        then 'plan has no price yet'
                    when event_type in ('plan_subscribed', 'plan_changed') and plan_currency != account_currency
                        then 'plan is priced in ' || plan_currency || ', the account is in ' || account_currency
                    when
                        event_type = 'plan_subscribed'
                        and (next_plan_id is not null or (plan_id is not null and not is_cancelled))
                        then 'there is a subscription already'
                    when event_type = 'plan_subscribed' and new_plan_kind = 'trial' and has_had_trial
                        then 'the app has had its trial'
                    when
                        event_type in (
                            'plan_changed', 'plan_cancelled', 'extension_requested', 'extension_granted'
                        )
                        and plan_id is null
                        then coalesce(
                            'the plan ended on ' || strftime(ended_date, '%Y-%m-%d'), 'there is no subscription'
                        )
                    when event_type in ('plan_cancelled', 'extension_requested') and is_cancelled
                        then 'the subscription is cancelled already'
                    when event_type = 'plan_changed' and new_plan_kind = 'trial'
                        then 'a trial only starts a subscription'
                    when event_type = 'plan_changed' and new_plan_id = plan_id and next_date is null
                        then 'the plan is in force already'
                    when event_type = 'plan_changed' and new_plan_id = next_plan_id
                        then 'the change to this plan is to come already'
                    when
                        event_type in ('plan_subscribed', 'plan_changed')
                        and seats > 0
                        and not coalesce(new_has_agents, true)
                        then 'the plan has no agents, the app has ' || seats || ': set its seats to 0 first'
                    when event_type = 'extension_requested' and expires_date is null then 'plan does not expire'
                    when event_type = 'extension_requested' and open_request_id is not null
                        then 'a request for an extension is open already'
                    when event_type in ('extension_granted', 'extension_refused') and open_request_id is null
                        then 'there is no open request for an extension'
                    when event_type = 'seats_set' and new_seats > 0 and not has_agents
                        then 'the plan has no agents'
                end as refusal_reason
            from (
                select
                    *,
                    plan_id as in_force_plan_id,
                    case
                        when event_type = 'plan_subscribed' then coalesce(next_date, event_date)
                        when
                            event_type = 'plan_changed'
                            and (
                                plan_kind = 'trial'
                                or new_base_fee >= base_fee
                                or plan_currency != in_force_currency
                            )
                            then event_date
                        when event_type = 'plan_changed' then {{ next_month_of('event_date') }}
                        -- An app that closes leaves its plan as by a cancellation, if it has one to leave.
                        when
                            event_type = 'plan_cancelled'
                            or (event_type = 'app_closed' and plan_id is not null and not is_cancelled)
                            then least({{ next_month_of('event_date') }}, expires_date)
                    end as new_date
                from (
                    select
                        arrived.* exclude (plan_id, base_fee, next_date),
                        case when arrived.is_ended then null else arrived.plan_id end as plan_id,
                        case when arrived.is_ended then null else arrived.base_fee end as base_fee,
                        case when arrived.is_ended then arrived.expires_date end as ended_date,
                        case
                            when arrived.is_ended and arrived.next_plan_id is null then null
                            else arrived.next_date
                        end as next_date,
                        not arrived.is_ended
                        and arrived.next_date is not null
                        and arrived.next_plan_id is null as is_cancelled,
                        plans.plan_kind,
                        plans.currency as in_force_currency,
                        coalesce(plans.has_agents or arrived.is_ended, true)
                        and coalesce(next_plans.has_agents, true) as has_agents
                    from (
                        select
                            *,
                            coalesce(expires_date <= event_date, false) as is_ended
                        from (
                            select
                                plan_events.account_id,
                                plan_events.app_id,
                                plan_events.step,
                                plan_events.event_id,
                                plan_events.event_type,
                                plan_events.event_date,
                                plan_events.plan_currency,
                                plan_events.account_currency,
                                plan_events.plan_id as new_plan_id,
                                plan_events.plan_kind as new_plan_kind,
                                plan_events.base_fee as new_base_fee,
                                plan_events.has_agents as new_has_agents,
                                plan_events.expires_after_days,
                                plan_events.extension_days,
                                plan_events.seats as new_seats,
                                fold.seats,
                                fold.has_had_trial,
                                {% for column in ['plan_id', 'base_fee', 'expires_date'] -%}
                                    case
                                        when fold.next_date <= plan_events.event_date then fold.next_{{ column }}
                                        else fold.{{ column }}
                                    end as {{ column }},
                                    case
                                        when fold.next_date > plan_events.event_date then fold.next_{{ column }}
                                    end as next_{{ column }},
                                {% endfor -%}
                                case
                                    when fold.next_date > plan_events.event_date then fold.next_date
                                end as next_date,
                                case
                                    when fold.next_date is null or fold.next_date > plan_events.event_date
                                        then fold.open_request_id
                                end as open_request_id
                            from fold
                            inner join plan_events
                                on
                                    fold.account_id = plan_events.account_id
                                    and fold.app_id is not distinct from plan_events.app_id
                                    and fold.step + 1 = plan_events.step
                        ) as carried
                    ) as arrived
                    left join plans on arrived.plan_id = plans.plan_id
                    left join plans as next_plans on arrived.next_plan_id = next_plans.plan_id
                ) as in_force
            ) as dated
        ) as judged
    ) as taken
{%- endmacro %}

{#- Nothing is subscribed before the first step. -#}
{% macro plan_state_at_first() -%}
    cast(0 as bigint) as step,
    cast(null as varchar) as plan_id,
    cast(null as decimal(18, 6)) as base_fee,
    cast(null as date) as expires_date,
    cast(null as varchar) as next_plan_id,
    cast(null as decimal(18, 6)) as next_base_fee,
    cast(null as date) as next_expires_date,
    cast(null as date) as next_date,
    cast(0 as bigint) as seats,
    false as has_had_trial,
    cast(null as varchar) as open_request_id
{%- endmacro %}
