-- P0: a change of currency takes effect with the next month. An account that never named one is not here.
with events as (
    select
        *,
        case when event_type = 'account_opened' then date '0001-01-01' else {{ next_month_of('event_date') }} end
            as from_date
    from {{ ref('int_account_events_dated') }}
    where refusal_reason is null and event_type in ('account_opened', 'currency_set') and currency is not null
),

last_words as (
    select
        account_id,
        from_date,
        arg_max(currency, row(occurred_at, event_id)) as currency
    from events
    group by account_id, from_date
),

currencies as (
    select
        *,
        coalesce(lead(from_date) over (partition by account_id order by from_date), date '9999-12-31') as until_date
    from last_words
)

select * from currencies
