with copies as (
    select * from {{ ref('stg_lake__account_events') }}
),

-- R18: the latest modified_at wins, then the smallest content hash; file and line only break the tie
-- between identical copies, so that the event still leads back to one row.
ranked as (
    select
        account_id,
        event_id,
        app_id,
        occurred_at,
        event_type,
        file,
        line,
        case when json_valid(payload) then cast(payload as json) end as payload,
        row_number() over (
            partition by account_id, event_id, cast(occurred_at as date)
            order by
                modified_at desc nulls last,
                md5(cast(row(app_id, occurred_at, event_type, payload) as varchar)) asc,
                file asc,
                line asc
        ) as copy_rank
    from copies
),

winners as (
    select * exclude (copy_rank)
    from ranked
    where copy_rank = 1
)

select * from winners
