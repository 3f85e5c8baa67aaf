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
        case
            when event_type = 'account_closed' and is_closed_already then 'account is already closed'
            when is_closed_already and not is_taken_after_closing then 'account is closed'
            when event_type = 'account_opened' and is_open_already then 'account is already open'
        end as account_reason
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
        case
            when event_type = 'app_published' and last_state = 'app_published' then 'app is already published'
            when event_type = 'app_published' or app_id is null then null
            when event_type = 'app_closed' and last_turn = 'app_closed' then 'app is already closed'
            when last_turn = 'app_closed' then 'app is closed'
            when has_published and not is_published then 'app is not published'
            when event_type = 'app_suspended' and last_state = 'app_suspended' then 'app is already suspended'
        end as app_reason
    from of_apps
),

judged as (
    select
        * exclude (app_reason, plan_kind, kind, has_published, is_published, last_turn, last_state),
        case
            when app_reason is not null then app_reason
            when event_type in ('order_placed', 'free_credit_granted', 'auto_reload_set') and kind = 'enterprise'
                then 'an Enterprise account has no wallets, it adds no funds'
            when event_type = 'contract_price_set' and kind = 'standard'
                then 'contract prices are for Enterprise accounts'
            when event_type = 'discount_granted' and app_id is not null and kind = 'enterprise'
                then 'a contract is rated on all apps together: its discount has no app'
            when event_type not in ('plan_subscribed', 'plan_changed') then null
            when plan_kind = 'enterprise' and app_id is not null
                then 'an Enterprise contract belongs to the account, not to an app'
            when plan_kind = 'enterprise' and kind = 'standard' then 'an Enterprise plan is for Enterprise accounts'
            when plan_kind != 'enterprise' and app_id is null then 'app_id is missing: this plan belongs to an app'
            when plan_kind != 'enterprise' and kind = 'enterprise'
                then 'an Enterprise account has its contract, its apps have no plans of their own'
        end as refusal_reason
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
