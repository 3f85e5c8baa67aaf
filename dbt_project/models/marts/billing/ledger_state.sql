-- Kept as a table: it says what these marts were made of, whatever the ledger has come to since.
with ledger_state as (
    select * from {{ ref('stg_lake__ledger_state') }}
)

select * from ledger_state
