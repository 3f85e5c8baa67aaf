-- P5: money that was paid, is to be credited or is taken off has no more digits than its currency. A fixed discount
-- is in the currency of its first month. A payment and a credit note may settle an invoice of an earlier currency:
-- the finest that the account has had decides.
with events as (
    select
        account_id,
        event_id,
        occurred_at,
        event_type,
        if(event_type = 'discount_granted', 'value', 'amount') as field,
        coalesce(try_cast(payload ->> 'from_date' as date), event_date) as first_date,
        try_cast(
            payload ->> if(event_type = 'discount_granted', 'value', 'amount') as decimal(18, 6)
        ) as amount
    from {{ ref('int_account_events_dated') }}
    where
        refusal_reason is null
        and (
            event_type in ('payment_recorded', 'credit_note_requested')
            or (event_type = 'discount_granted' and payload ->> 'discount_kind' = 'fixed')
        )
),

-- Until an account names a currency it has the default one.
account_currencies as (
    select
        account_id,
        currency,
        from_date,
        until_date
    from {{ ref('int_account_currencies') }}
    union all
    select
        events.account_id,
        '{{ var("default_currency") }}' as currency,
        date '0001-01-01' as from_date,
        coalesce(min(named.from_date), date '9999-12-31') as until_date
    from events
    left join {{ ref('int_account_currencies') }} as named on events.account_id = named.account_id
    group by events.account_id
    having coalesce(min(named.from_date), date '9999-12-31') > date '0001-01-01'
),

currencies as (
    select * from {{ ref('currencies') }}
),

dated_currencies as (
    select
        account_currencies.account_id,
        account_currencies.from_date,
        account_currencies.until_date,
        currencies.currency,
        currencies.minor_unit
    from account_currencies
    inner join currencies on account_currencies.currency = currencies.currency
),

in_currency as (
    select
        events.account_id,
        events.event_id,
        events.occurred_at,
        events.field,
        events.amount,
        arg_max(
            dated_currencies.currency, row(dated_currencies.minor_unit, dated_currencies.from_date)
        ) as currency
    from events
    inner join dated_currencies
        on
            events.account_id = dated_currencies.account_id
            and events.first_date >= dated_currencies.from_date
            and (events.field = 'amount' or events.first_date < dated_currencies.until_date)
    group by all
),

judged as (
    select
        in_currency.account_id,
        in_currency.event_id,
        in_currency.occurred_at,
        {{ minor_unit_reason(
            'in_currency.field', 'in_currency.amount', 'in_currency.currency', 'currencies.minor_unit'
        ) }} as refusal_reason
    from in_currency
    inner join currencies on in_currency.currency = currencies.currency
)

select * from judged
where refusal_reason is not null
