-- A returned row is a document whose lines bear more or less than its fixed discounts, as far as its lines
-- reach (P8).
with borne as (
    select
        document_id,
        minor_unit,
        sum(amount) as lines_amount,
        sum(discount_share) as discount_amount
    from {{ ref('int_discounted_lines') }}
    group by all
),

discounts as (
    select
        document_id,
        sum(amount) as amount
    from {{ ref('int_document_discounts') }}
    group by document_id
),

owed as (
    select
        borne.*,
        coalesce(discounts.amount, 0) as amount
    from borne
    left join discounts on borne.document_id = discounts.document_id
)

select
    document_id,
    discount_amount
from owed
where discount_amount != greatest(least({{ round_to_minor_unit('amount', 'minor_unit') }}, lines_amount), 0)
