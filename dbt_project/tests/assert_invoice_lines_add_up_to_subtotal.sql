-- A returned row is a draft whose page does not add up, or that mixes currencies (P0, P5, I4).
select
    invoices.invoice_id,
    invoices.subtotal,
    sum(line_items.amount) as sum_of_lines
from {{ ref('invoices') }} as invoices
left join {{ ref('invoice_line_items') }} as line_items on invoices.invoice_id = line_items.invoice_id
group by all
having
    invoices.subtotal != coalesce(sum(line_items.amount), 0)
    or bool_or(line_items.currency != invoices.currency)
