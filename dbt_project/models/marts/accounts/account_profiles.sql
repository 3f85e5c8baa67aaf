-- What is not named in a later event stays; an empty text clears it.
with accounts as (
    select * from {{ ref('int_accounts_dated') }}
),

events as (
    select * from {{ ref('int_account_events_standing') }}
    where event_type = 'billing_profile_set'
),

chosen_sellers as (
    select * from {{ ref('int_account_sellers') }}
),

profiles as (
    select
        accounts.account_id,
        {% for field in ['legal_name', 'address', 'tax_id', 'email', 'purchase_order'] -%}
            nullif(
                arg_max(events.payload ->> '{{ field }}', row(events.occurred_at, events.event_id)) filter (
                    where events.payload ->> '{{ field }}' is not null
                ), ''
            ) as {{ field }},
        {% endfor -%}
        coalesce(any_value(chosen_sellers.seller_id), '{{ var("default_seller") }}') as seller_id
    from accounts
    left join events on accounts.account_id = events.account_id
    left join chosen_sellers on accounts.account_id = chosen_sellers.account_id
    group by accounts.account_id
)

select * from profiles
order by account_id
