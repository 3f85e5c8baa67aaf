with source as (
    select * from {{ source('lake', 'billing_sessions') }}
),

renamed as (
    select
        account_id,
        app_id,
        channel,
        user_id,
        session_id,
        conversation_id,
        block_index,
        started_at,
        ended_at,
        session_type,
        is_complete
    from source
)

select * from renamed
