-- The months that no document has been issued for yet. An account that has no month to come, but a
-- correction, gets one for it (I3).
with months as (
    select * from {{ ref('int_account_months') }}
),

issued_months as (
    select * from {{ ref('int_issued_months') }}
),

corrections as (
    select distinct account_id from {{ ref('int_corrections') }}
),

watermark as (
    select * from {{ ref('int_watermark') }}
),

last_issued as (
    select
        account_id,
        max(month_date) as month_date
    from issued_months
    group by account_id
),

open_months as (
    select
        months.account_id,
        months.month_date,
        months.next_month_date,
        months.currency,
        months.zone,
        false as is_for_corrections
    from months
    anti join issued_months
        on months.account_id = issued_months.account_id and months.month_date = issued_months.month_date
),

added_months as (
    select
        corrections.account_id,
        {{ next_month_of('last_issued.month_date') }} as month_date,
        {{ next_month_of(next_month_of('last_issued.month_date')) }} as next_month_date,
        arg_max(months.currency, months.month_date) as currency,
        arg_max(months.zone, months.month_date) as zone,
        true as is_for_corrections
    from corrections
    inner join last_issued on corrections.account_id = last_issued.account_id
    inner join months on corrections.account_id = months.account_id
    anti join open_months
        on corrections.account_id = open_months.account_id and open_months.month_date > last_issued.month_date
    group by corrections.account_id, last_issued.month_date
),

draft_months as (
    select * from open_months
    union all
    select * from added_months
),

described as (
    select
        {{ month_document_id('draft_months') }} as document_id,
        draft_months.*,
        -- Corrections go on the next invoice: the first after the last that was issued.
        draft_months.month_date = min(draft_months.month_date) filter (
            where draft_months.month_date > last_issued.month_date
        ) over (partition by draft_months.account_id) as has_corrections,
        {{ local_midnight_at(
            'cast(draft_months.next_month_date + ' ~ var('grace_days') ~ ' as date)',
            'draft_months.zone'
        ) }} as due_at,
        watermark.watermark_at
    from draft_months
    cross join watermark
    left join last_issued on draft_months.account_id = last_issued.account_id
),

timed as (
    select
        * exclude (watermark_at),
        is_for_corrections or due_at <= watermark_at as is_due
    from described
)

select * from timed
