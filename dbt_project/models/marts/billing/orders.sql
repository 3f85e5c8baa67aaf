-- The order history as the console shows it (doc): every top-up, subscription, change of plan and month
-- makes one, and its invoice is the document that charges it: of a plan, the one with the fee of its first days,
-- which from a month's first day may be that of the month before (P4). Enterprise accounts have none (I5).
with accounts as (
    select * from {{ ref('accounts') }}
    where account_kind != 'enterprise'
),

dated as (
    select * from {{ ref('int_accounts_dated') }}
),

top_ups as (
    select * from {{ ref('int_orders') }}
),

-- What another change of the same first day replaced began nothing, nor did the way back to the plan in force. What
-- was asked for a day to come is withdrawn by whatever else is asked for before that day (P6).
steps as (
    select
        *,
        coalesce(lead(event_date) over (partition by account_id, app_id order by step) < change_date, false)
            as is_withdrawn,
        (event_type = 'plan_subscribed' or change_plan_id is distinct from in_force_plan_id)
        and row_number() over (partition by account_id, app_id, change_date order by step desc) = 1 as is_beginning
    from {{ ref('int_plan_events_folded') }}
    where
        refusal_reason is null
        and change_date is not null
        and event_type in ('plan_subscribed', 'plan_changed', 'plan_cancelled')
),

lines as (
    select * from {{ ref('int_lines_discounted') }}
    where line_kind = 'fee'
),

line_items as (
    select * from {{ ref('invoice_line_items') }}
    where line_kind = 'fee'
),

invoices as (
    select * from {{ ref('invoices') }}
),

remarks as (
    select * from {{ ref('int_top_up_remarks') }}
),

-- A fee that was told late stands on none but a later document, as a correction (I3).
fees as (
    select
        lines.account_id,
        lines.app_id,
        lines.plan_id,
        lines.charge_period_start_date,
        lines.quantity,
        lines.amount,
        min(coalesce(invoices.issue_date, date '9999-12-31')) as issue_date,
        arg_min(invoices.invoice_id, coalesce(invoices.issue_date, date '9999-12-31')) as invoice_id
    from lines
    inner join line_items on lines.account_id = line_items.account_id and lines.line_key = line_items.line_key
    inner join invoices on line_items.account_id = invoices.account_id and line_items.invoice_id = invoices.invoice_id
    group by
        lines.account_id,
        lines.app_id,
        lines.plan_id,
        lines.charge_period_start_date,
        lines.quantity,
        lines.amount,
        lines.line_key
),

plans as (
    select
        plan_id,
        arg_max(plan_name, plan_version) as plan_name,
        any_value(currency) as currency
    from {{ ref('plans') }}
    group by plan_id
),

changes as (
    select
        steps.account_id,
        steps.event_id as order_id,
        steps.event_date as order_date,
        steps.app_id,
        coalesce(steps.change_plan_id, steps.in_force_plan_id) as plan_id,
        case steps.event_type
            when 'plan_subscribed' then 'subscription'
            when 'plan_changed' then 'plan_change'
            else 'cancellation'
        end as order_type,
        case
            when steps.is_withdrawn then 'cancelled'
            when steps.change_date > dated.last_date then 'scheduled'
            else 'completed'
        end as order_status,
        cast(coalesce(sum(fees.amount), 0) as decimal(18, 4)) as amount,
        case when steps.change_date > steps.event_date then 'from ' || strftime(steps.change_date, '%Y-%m-%d') end
            as comments,
        arg_min(fees.invoice_id, fees.issue_date) as invoice_id
    from steps
    inner join dated on steps.account_id = dated.account_id
    left join fees
        on
            steps.is_beginning
            and steps.account_id = fees.account_id
            and steps.app_id is not distinct from fees.app_id
            and steps.change_date = fees.charge_period_start_date
            and (steps.change_plan_id = fees.plan_id or fees.quantity < 0)
    group by all
),

orders as (
    select * from changes
    union all by name
    select
        account_id,
        order_id,
        placed_date as order_date,
        app_id,
        plan_id,
        'top_up' as order_type,
        case when status = 'cleared' then 'completed' else status end as order_status,
        cast(amount as decimal(18, 4)) as amount,
        currency,
        comments,
        payment_method,
        {{ document_id('order', 'account_id', 'order_id') }} as invoice_id
    from top_ups
    union all by name
    select
        account_id,
        invoice_id as order_id,
        coalesce(issue_date, period_end_date) as order_date,
        'month' as order_type,
        case when status = 'issued' then 'completed' else 'pending' end as order_status,
        total as amount,
        strftime(invoice_month, '%Y-%m') as comments,
        invoice_id
    from invoices
    where document_class = 'month' and has_lines
),

described as (
    select
        orders.account_id,
        orders.order_id,
        orders.order_date,
        orders.app_id,
        plans.plan_name,
        orders.order_type,
        orders.order_status,
        orders.amount,
        coalesce(orders.currency, invoices.currency, plans.currency, accounts.currency) as currency,
        nullif(concat_ws('; ', orders.comments, remarks.remark), '') as comments,
        orders.payment_method,
        invoices.invoice_id,
        invoices.invoice_number
    from orders
    inner join accounts on orders.account_id = accounts.account_id
    left join plans on orders.plan_id = plans.plan_id
    left join invoices on orders.account_id = invoices.account_id and orders.invoice_id = invoices.invoice_id
    left join remarks on orders.order_type = 'top_up' and orders.invoice_id = remarks.document_id
)

select * from described
order by account_id, order_date, order_id
