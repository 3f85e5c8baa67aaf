-- The plan of every app, and of the account's contract, as it stands on the account's last day.
with accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

apps as (
    select * from {{ ref('apps') }}
),

plans as (
    select * from {{ ref('int_plans_described') }}
),

requests as (
    select * from {{ ref('int_extension_requests') }}
    where status = 'open'
),

periods as (
    select
        periods.*,
        accounts.last_date,
        periods.from_date > accounts.last_date as is_to_come
    from {{ ref('int_subscription_periods') }} as periods
    inner join accounts on periods.account_id = accounts.account_id
),

latest as (
    select * from periods
    where not is_to_come
    qualify row_number() over (partition by account_id, app_id order by from_date desc) = 1
),

following as (
    select * from periods
    where is_to_come
    qualify row_number() over (partition by account_id, app_id order by from_date) = 1
),

seats as (
    select
        account_id,
        app_id,
        arg_max(agent_seats, from_date) as agent_seats
    from {{ ref('int_seats_by_change') }}
    group by account_id, app_id
),

subjects as (
    select
        account_id,
        app_id
    from apps
    union
    select
        account_id,
        app_id
    from periods
),

described as (
    select
        subjects.account_id,
        subjects.app_id,
        latest.plan_id,
        plans.plan_name,
        plans.plan_kind,
        latest.from_date,
        case when latest.until_date < date '9999-12-31' then latest.until_date end as ends_date,
        coalesce(latest.until_date > accounts.last_date, false) as is_in_force,
        following.plan_id as next_plan_id,
        following.from_date as next_date,
        coalesce(following.from_date = latest.until_date, false) as is_followed,
        coalesce(seats.agent_seats, 0) as agent_seats,
        requests.request_id as extension_request_id,
        requests.requested_days as extension_requested_days,
        requests.requested_date as extension_requested_date,
        coalesce(accounts.closed_date, apps.closed_date) <= accounts.last_date as is_closed,
        coalesce(apps.is_suspended, false) as is_suspended
    from subjects
    inner join accounts on subjects.account_id = accounts.account_id
    left join apps on subjects.account_id = apps.account_id and subjects.app_id = apps.app_id
    left join latest on subjects.account_id = latest.account_id and subjects.app_id is not distinct from latest.app_id
    left join following
        on subjects.account_id = following.account_id and subjects.app_id is not distinct from following.app_id
    left join plans on latest.plan_id = plans.plan_id
    left join seats on subjects.account_id = seats.account_id and subjects.app_id = seats.app_id
    left join requests on subjects.account_id = requests.account_id and subjects.app_id = requests.app_id
),

-- P10: a trial that is over leaves its app inactive. What a balance does to it is for app_statuses to say.
states as (
    select
        account_id,
        app_id,
        plan_id,
        plan_name,
        plan_kind,
        case
            when coalesce(is_closed, false) then 'Closed'
            when is_suspended then 'Suspended'
            when not is_in_force and plan_kind != 'trial' then 'Cancelled'
            when not is_in_force then 'Inactive'
            when plan_kind = 'trial' then 'Trial'
            when ends_date is not null and not is_followed then 'Expiring'
            else 'Active'
        end as status,
        is_in_force,
        from_date,
        case when not is_followed then ends_date end as expires_date,
        next_plan_id,
        next_date,
        agent_seats,
        extension_request_id,
        extension_requested_days,
        extension_requested_date
    from described
)

select * from states
order by account_id, app_id
