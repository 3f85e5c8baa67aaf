-- A returned row is an invoice that skips a line number.
select invoice_id
from {{ ref('invoice_line_items') }}
group by invoice_id
having min(line_number) != 1 or max(line_number) != count(*)
