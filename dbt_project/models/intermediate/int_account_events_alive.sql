-- The life of accounts and apps: what is closed takes no more, an account's kind decides what it may have.
-- A refused event leaves no trace in any of the windows: it could only repeat what holds already.
with valued as (
    select * from {{ ref('int_account_events_valued') }}
    where refusal_reason is null
),

plans as (
    select * from {{ ref('int_plans_described') }}
),

of_accounts as (
    select
        *,
        coalesce(bool_or(event_type = 'account_opened') over earlier, false) as is_open_already,
        coalesce(bool_or(event_type = 'account_closed') over earlier, false) as is_closed_already
    from valued
    window earlier as (
        partition by account_id
        order by occurred_at, event_id
        rows between unbounded preceding and 1 preceding
    )
),

judged_of_accounts as (
    select
        *,
        {{ account_life_reason() }} as account_reason
    from of_accounts
),

taken_by_accounts as (
    select
        judged_of_accounts.*,
        plans.plan_kind
    from judged_of_accounts
    left join plans on judged_of_accounts.plan_id = plans.plan_id
    where judged_of_accounts.account_reason is null
),

-- An account that was never opened in the book may be of either kind.
of_apps as (
    select
        *,
        max(case when event_type = 'account_opened' then coalesce(account_kind, 'standard') end)
            over (partition by account_id) as kind,
        coalesce(bool_or(event_type = 'app_published') over earlier_of_account, false) as has_published,
        coalesce(bool_or(event_type = 'app_published') over earlier_of_app, false) as is_published,
        last_value(
            case when event_type in ('app_published', 'app_closed') then event_type end ignore nulls
        ) over earlier_of_app as last_turn,
        last_value(
            case
                when event_type in ('app_published', 'app_suspended', 'app_closed') then event_type
            end ignore nulls
        ) over earlier_of_app as last_state
    from taken_by_accounts
    window
        earlier_of_account as (
            partition by account_id
            order by occurred_at, event_id
            rows between unbounded preceding and 1 preceding
        ),
        earlier_of_app as (
            partition by account_id, app_id
            order by occurred_at, event_id
            rows between unbounded preceding and 1 preceding
        )
),

judged_of_apps as (
    select
        * exclude (
            refusal_reason, app_rule, is_taken_after_closing, account_reason, is_open_already, is_closed_already
        ),
        {{ app_life_reason() }} as app_reason
    from of_apps
),

judged as (
    select
        * exclude (app_reason, plan_kind, kind, has_published, is_published, last_turn, last_state),
        coalesce(app_reason, {{ account_kind_reason() }}) as refusal_reason
    from judged_of_apps
),

all_judged as (
    select * from judged
    union all
    select
        * exclude (
            refusal_reason, app_rule, is_taken_after_closing, is_open_already, is_closed_already, account_reason
        ),
        account_reason as refusal_reason
    from judged_of_accounts
    where account_reason is not null
    union all
    select * exclude (app_rule, is_taken_after_closing)
    from {{ ref('int_account_events_valued') }}
    where refusal_reason is not null
)

select * from all_judged
