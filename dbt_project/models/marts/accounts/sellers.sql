-- A seller is one, whichever account's book tells of it: the last word on each particular counts.
with events as (
    select
        *,
        payload ->> 'seller_id' as seller_id,
        row(occurred_at, account_id, event_id) as place
    from {{ ref('int_account_events_standing') }}
    where event_type = 'seller_set'
),

named as (
    select seller_id from events
    union
    select '{{ var("default_seller") }}' as seller_id
),

sellers as (
    select
        named.seller_id,
        {% for field in ['legal_name', 'address', 'tax_id', 'email', 'bank_details'] -%}
            nullif(
                arg_max(events.payload ->> '{{ field }}', events.place) filter (
                    where events.payload ->> '{{ field }}' is not null
                ), ''
            ) as {{ field }},
        {% endfor -%}
        coalesce(
            arg_max(try_cast(events.payload ->> 'payment_terms_days' as integer), events.place) filter (
                where try_cast(events.payload ->> 'payment_terms_days' as integer) is not null
            ),
            {{ var('default_payment_terms_days') }}
        ) as payment_terms_days,
        coalesce(
            arg_max(nullif(events.payload ->> 'zone', ''), events.place) filter (
                where nullif(events.payload ->> 'zone', '') is not null
            ),
            'UTC'
        ) as zone
    from named
    left join events on named.seller_id = events.seller_id
    group by named.seller_id
)

select
    seller_id,
    coalesce(legal_name, seller_id) as legal_name,
    * exclude (seller_id, legal_name)
from sellers
order by seller_id
