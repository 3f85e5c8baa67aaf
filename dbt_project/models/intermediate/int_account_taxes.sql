-- P0, P9: the rates of a month, by category. The first rate of a category is no change of a rate: it holds
-- from its own month.
with months as (
    select * from {{ ref('int_account_months') }}
),

events as (
    select * from {{ ref('int_account_events_accepted') }}
    where event_type = 'tax_set'
),

rates as (
    select
        events.account_id,
        coalesce(events.tax_category, 'S') as tax_category,
        events.tax_rate,
        events.occurred_at,
        events.event_id,
        case
            when
                row_number() over (
                    partition by events.account_id, coalesce(events.tax_category, 'S')
                    order by events.occurred_at, events.event_id
                ) = 1
                then {{ month_of('events.event_date') }}
            else {{ next_month_of('events.event_date') }}
        end as from_date
    from events
),

taxes as (
    select
        months.account_id,
        months.month_date,
        rates.tax_category,
        arg_max(rates.tax_rate, row(rates.from_date, rates.occurred_at, rates.event_id)) as tax_rate
    from months
    inner join rates on months.account_id = rates.account_id and months.month_date >= rates.from_date
    group by months.account_id, months.month_date, rates.tax_category
)

select * from taxes
