with source as (
    select * from {{ source('lake', 'alert_sessions') }}
),

renamed as (
    select
        account_id,
        app_id,
        channel,
        user_id,
        delivery_id,
        alert_name,
        delivered_at,
        kind as alert_kind
    from source
)

select * from renamed
