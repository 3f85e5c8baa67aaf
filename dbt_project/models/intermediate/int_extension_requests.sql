-- Each request for more days, and what became of it; one that its plan outlived is lapsed.
with requests as (
    select * from {{ ref('int_plan_events_folded') }}
    where event_type = 'extension_requested' and refusal_reason is null
),

steps as (
    select * from {{ ref('int_plan_events_folded') }}
    where refusal_reason is null
),

events as (
    select * from {{ ref('int_account_events_standing') }}
),

closing_steps as (
    select
        requests.account_id,
        requests.app_id,
        requests.event_id,
        requests.occurred_at,
        min(steps.step) as step
    from requests
    inner join steps
        on
            requests.account_id = steps.account_id
            and requests.app_id = steps.app_id
            and requests.step < steps.step
            and requests.event_id is distinct from steps.open_request_id
    group by all
),

answered as (
    select
        requests.account_id,
        requests.app_id,
        requests.event_id as request_id,
        requests.occurred_at as requested_at,
        requests.event_date as requested_date,
        try_cast(asked.payload ->> 'days' as integer) as requested_days,
        case answers.event_type
            when 'extension_granted' then 'granted'
            when 'extension_refused' then 'refused'
            else if(answers.event_type is null, 'open', 'lapsed')
        end as status,
        answers.occurred_at as answered_at,
        answers.event_date as answered_date,
        case
            when answers.event_type = 'extension_granted' then try_cast(answer.payload ->> 'days' as integer)
        end as granted_days,
        case
            when answers.event_type = 'extension_refused' then nullif(answer.payload ->> 'reason', '')
        end as refused_because
    from requests
    inner join events as asked
        on
            requests.account_id = asked.account_id
            and requests.event_id = asked.event_id
            and requests.occurred_at = asked.occurred_at
    left join closing_steps
        on
            requests.account_id = closing_steps.account_id
            and requests.event_id = closing_steps.event_id
            and requests.occurred_at = closing_steps.occurred_at
    left join steps as answers
        on
            closing_steps.account_id = answers.account_id
            and closing_steps.app_id = answers.app_id
            and closing_steps.step = answers.step
    left join events as answer
        on
            answers.account_id = answer.account_id
            and answers.event_id = answer.event_id
            and answers.occurred_at = answer.occurred_at
)

select * from answered
