with quarter_hours as (
    select * from {{ ref('int_usage_quarter_hours') }}
),

zones as (
    select * from {{ ref('int_account_zones') }}
),

dated as (
    select
        quarter_hours.*,
        {{ local_date('quarter_hours.quarter_at', 'zones.zone', 'zones.first_local_date') }} as usage_date
    from quarter_hours
    inner join zones
        on
            quarter_hours.account_id = zones.account_id
            and quarter_hours.quarter_at >= zones.from_at
            and quarter_hours.quarter_at < zones.until_at
)

select * from dated
