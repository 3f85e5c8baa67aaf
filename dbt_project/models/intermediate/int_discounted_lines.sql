-- P8: fixed discounts over the lines of a document, by largest remainder in whole minor units. Lines below
-- zero (corrections) take no part, and no discount takes a document below zero.
with document_lines as (
    select * from {{ ref('int_document_lines') }}
),

document_discounts as (
    select * from {{ ref('int_document_discounts') }}
),

discounts as (
    select
        document_id,
        sum(amount) as amount
    from document_discounts
    group by document_id
),

in_units as (
    select
        document_lines.*,
        {{ to_minor_units('document_lines.amount', 'document_lines.minor_unit') }} as units,
        case
            when discounts.amount > 0
                then {{ to_minor_units(
                    round_to_minor_unit('discounts.amount', 'document_lines.minor_unit'), 'document_lines.minor_unit'
                ) }}
            else cast(0 as hugeint)
        end as discount_units
    from document_lines
    left join discounts on document_lines.document_id = discounts.document_id
),

weighed as (
    select
        *,
        case when units > 0 then units else 0 end as weight,
        cast(sum(case when units > 0 then units else 0 end) over (partition by document_id) as hugeint) as total_weight,
        cast(sum(units) over (partition by document_id) as hugeint) as total_units
    from in_units
),

-- At most 10^18 units each: the product is below 10^36, and a HUGEINT holds 10^38.
spread as (
    select
        *,
        least(discount_units, total_units) * weight // total_weight as whole_share,
        least(discount_units, total_units) * weight % total_weight as remainder
    from weighed
    where discount_units > 0 and total_units > 0
),

ranked as (
    select
        *,
        row_number() over (partition by document_id order by remainder desc, line_key asc) as remainder_rank,
        least(discount_units, total_units)
        - cast(sum(whole_share) over (partition by document_id) as hugeint) as units_left
    from spread
),

shares as (
    select
        document_id,
        line_key,
        {{ from_minor_units('whole_share + case when remainder_rank <= units_left then 1 else 0 end', 'minor_unit') }}
            as discount_share
    from ranked
),

discounted_lines as (
    select
        document_lines.document_id,
        document_lines.line_key,
        document_lines.tax_category,
        document_lines.tax_rate,
        document_lines.minor_unit,
        document_lines.amount,
        coalesce(shares.discount_share, cast(0 as decimal(18, 4))) as discount_share,
        cast(document_lines.amount - coalesce(shares.discount_share, cast(0 as decimal(18, 4))) as decimal(18, 4))
            as net_amount
    from document_lines
    left join shares on document_lines.document_id = shares.document_id and document_lines.line_key = shares.line_key
)

select * from discounted_lines
