-- A returned row is a column of the warehouse that a float could round.
-- depends_on: {{ ref('invoices') }}, {{ ref('invoice_line_items') }}, {{ ref('unrated_usage') }}
select
    table_name,
    column_name
from information_schema.columns
where
    table_catalog = '{{ target.database }}'
    and table_schema = '{{ target.schema }}'
    and data_type in ('FLOAT', 'DOUBLE', 'REAL')
