with quarantine as (
    select * from {{ ref('stg_lake__quarantine') }}
),

rejected_handoffs as (
    select * from {{ ref('stg_lake__rejected_handoffs') }}
),

refused as (
    select
        stream,
        account_id,
        arrival_date,
        reason
    from quarantine
    union all
    select
        stream,
        account_id,
        arrival_date,
        reason
    from rejected_handoffs
),

counted as (
    select
        stream,
        coalesce(account_id, '') as account_id,
        {{ month_of('arrival_date') }} as arrival_month,
        reason,
        count(*) as rows
    from refused
    group by all
)

select * from counted
order by stream, account_id, arrival_month, reason
