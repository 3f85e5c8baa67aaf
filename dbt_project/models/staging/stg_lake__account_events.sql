with source as (
    select * from {{ source('lake', 'account_events') }}
),

renamed as (
    select
        account_id,
        event_id,
        app_id,
        occurred_at,
        type as event_type,
        modified_at,
        extra as payload,
        file,
        line
    from source
)

select * from renamed
