-- P10: what a wallet paid for is on a monthly statement, never on an invoice again. A month stands here from
-- the wallet's first movement on wherever something moved.
with movements as (
    select * from {{ ref('wallet_movements') }}
),

monthly as (
    select
        account_id,
        app_id,
        currency,
        {{ month_of('movement_date') }} as statement_month,
        {% for kind in ['free_credit', 'top_up', 'draw', 'return', 'lapse', 'credit_note'] -%}
            cast(
                coalesce(sum(amount) filter (where movement_kind = '{{ kind }}'), 0) as decimal(18, 4)
            ) as {{ kind }}_amount,
        {% endfor -%}
        cast(sum(amount) as decimal(18, 4)) as movement_amount
    from movements
    group by all
),

balanced as (
    select
        *,
        cast(
            sum(movement_amount) over (
                partition by account_id, app_id, currency
                order by statement_month
            ) as decimal(18, 4)
        ) as closing_balance
    from monthly
),

statements as (
    select
        account_id,
        app_id,
        currency,
        statement_month,
        cast(closing_balance - movement_amount as decimal(18, 4)) as opening_balance,
        free_credit_amount,
        top_up_amount,
        draw_amount,
        return_amount,
        lapse_amount,
        credit_note_amount,
        closing_balance
    from balanced
)

select * from statements
order by account_id, app_id, currency, statement_month
