-- The months that no document has been issued for yet.
with months as (
    select * from {{ ref('int_account_months') }}
),

issued_months as (
    select * from {{ ref('int_issued_months') }}
),

watermark as (
    select * from {{ ref('int_watermark') }}
),

open_months as (
    select
        {{ month_document_id('months') }} as document_id,
        months.account_id,
        months.month_date,
        months.next_month_date,
        months.currency,
        months.zone,
        {{ local_midnight_at('cast(months.next_month_date + ' ~ var('grace_days') ~ ' as date)', 'months.zone') }}
            as due_at
    from months
    anti join issued_months
        on months.account_id = issued_months.account_id and months.month_date = issued_months.month_date
),

draft_months as (
    select
        open_months.*,
        open_months.due_at <= watermark.watermark_at as is_due
    from open_months
    cross join watermark
)

select * from draft_months
