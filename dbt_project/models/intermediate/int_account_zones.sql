-- R17: a change of zone takes effect with the next month: at the first of the month after its own
-- day, 00:00 in the zone that it ends. Which day that is depends on the zone then in force, hence a fold.
with recursive events as (
    select * from {{ ref('int_account_events_alive') }}
    where refusal_reason is null
),

usage_by_quarter_hour as (
    select * from {{ ref('int_usage_quarter_hours') }}
),

accounts as (
    select account_id from {{ ref('int_account_events_resolved') }}
    union
    select account_id from usage_by_quarter_hour
),

openings as (
    select
        account_id,
        zone
    from events
    where event_type = 'account_opened'
),

zone_changes as (
    select
        account_id,
        zone,
        occurred_at,
        row_number() over (partition by account_id order by occurred_at, event_id) as step
    from events
    where event_type = 'zone_set'
),

-- (zone, first_local_date) is in force at this step; (next_zone, next_date, next_at) is what it leads to.
fold as (
    select
        accounts.account_id,
        cast(0 as bigint) as step,
        coalesce(openings.zone, 'UTC') as zone,
        date '0001-01-01' as first_local_date,
        coalesce(openings.zone, 'UTC') as next_zone,
        date '0001-01-01' as next_date,
        timestamptz '0001-01-01 00:00:00+00' as next_at
    from accounts
    left join openings on accounts.account_id = openings.account_id
    union all
    select
        dated.account_id,
        dated.step,
        dated.zone,
        dated.first_local_date,
        dated.next_zone,
        dated.next_date,
        {{ local_midnight_at('dated.next_date', 'dated.zone') }} as next_at
    from (
        select
            * exclude (occurred_at),
            {{ next_month_of(local_date('occurred_at', 'zone', 'first_local_date')) }} as next_date
        from (
            select
                fold.account_id,
                zone_changes.step,
                zone_changes.occurred_at,
                zone_changes.zone as next_zone,
                case when zone_changes.occurred_at >= fold.next_at then fold.next_zone else fold.zone end as zone,
                case
                    when zone_changes.occurred_at >= fold.next_at then fold.next_date else fold.first_local_date
                end as first_local_date
            from fold
            inner join zone_changes
                on fold.account_id = zone_changes.account_id and fold.step + 1 = zone_changes.step
        ) as in_force
    ) as dated
),

last_of_each_month as (
    select
        account_id,
        next_zone as zone,
        next_at as from_at,
        next_date as first_local_date
    from fold
    qualify row_number() over (partition by account_id, next_date order by step desc) = 1
),

periods as (
    select
        account_id,
        zone,
        from_at,
        coalesce(
            lead(from_at) over (partition by account_id order by from_at),
            timestamptz '9999-01-01 00:00:00+00'
        ) as until_at,
        first_local_date
    from last_of_each_month
)

select * from periods
