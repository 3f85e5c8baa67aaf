-- A table, unlike what it reads: these marts' own memory of what had been drawn.
with draws as (
    select * from {{ ref('stg_lake__wallet_draws') }}
)

select * from draws
