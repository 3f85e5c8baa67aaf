-- R20. A handoff row that only sessionizing refused was accepted before: it moves to quarantined.
with files as (
    select * from {{ ref('stg_lake__files') }}
),

copies as (
    select * from {{ ref('stg_lake__copies') }}
),

rejected_handoffs as (
    select * from {{ ref('stg_lake__rejected_handoffs') }}
),

movements as (
    select
        stream,
        arrival_date,
        file,
        account_id,
        row_count,
        0 as accepted_count,
        0 as duplicate_count,
        0 as superseded_count,
        excluded_count,
        quarantined_count,
        problem
    from files
    union all
    select
        stream,
        arrival_date,
        file,
        account_id,
        0 as row_count,
        accepted_count,
        duplicate_count,
        superseded_count,
        0 as excluded_count,
        0 as quarantined_count,
        null as problem
    from copies
    union all
    select
        stream,
        arrival_date,
        file,
        account_id,
        0 as row_count,
        -count(*) as accepted_count,
        0 as duplicate_count,
        0 as superseded_count,
        0 as excluded_count,
        count(*) as quarantined_count,
        null as problem
    from rejected_handoffs
    group by all
),

ledger as (
    select
        stream,
        arrival_date as arrival_day,
        file,
        account_id,
        cast(sum(row_count) as bigint) as rows,
        cast(sum(accepted_count) as bigint) as accepted,
        cast(sum(duplicate_count) as bigint) as duplicate,
        cast(sum(superseded_count) as bigint) as superseded,
        cast(sum(excluded_count) as bigint) as excluded,
        cast(sum(quarantined_count) as bigint) as quarantined,
        max(problem) as problem
    from movements
    group by all
)

select * from ledger
order by stream, arrival_day, file, account_id
