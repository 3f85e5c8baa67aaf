-- A rated charge as lines by app, by largest remainder, so that the parts add up to the charge (P8's way).
with rated as (
    select * from {{ ref('int_rated_charges') }}
),

described as (
    select * from {{ ref('int_charges_described') }}
),

shares as (
    select * from {{ ref('int_usage_shares') }}
),

weighted as (
    select
        described.charge_id,
        case when described.charge_kind = 'usage' then shares.app_id else described.app_id end as app_id,
        described.minor_unit,
        case
            when described.charge_model = 'flat' then 1 else coalesce(shares.quantity, described.quantity)
        end as quantity,
        {{ to_minor_units('rated.gross_amount', 'described.minor_unit') }} as gross_units,
        {{ to_minor_units('rated.discount_amount', 'described.minor_unit') }} as discount_units,
        cast(coalesce(shares.quantity, 1) as hugeint) as weight,
        greatest(sum(cast(coalesce(shares.quantity, 1) as hugeint)) over (partition by described.charge_id), 1)
            as total_weight,
        count(*) over (partition by described.charge_id) as parts
    from described
    inner join rated on described.charge_id = rated.charge_id
    left join shares on described.charge_id = shares.charge_id
),

floors as (
    select
        charge_id,
        app_id,
        minor_unit,
        quantity,
        {% for amount in ['gross', 'discount'] -%}
            {{ amount }}_units,
            case when parts = 1 then {{ amount }}_units else {{ amount }}_units * weight // total_weight end
                as {{ amount }}_floor,
            row_number() over (
                partition by charge_id
                order by {{ amount }}_units * weight % total_weight desc, app_id
            ) as {{ amount }}_rank
            {%- if not loop.last %},{% endif %}
        {% endfor -%}
    from weighted
),

shared as (
    select
        charge_id,
        app_id,
        minor_unit,
        quantity,
        {% for amount in ['gross', 'discount'] -%}
            {{ amount }}_floor
            + case
                when {{ amount }}_rank <= {{ amount }}_units - sum({{ amount }}_floor) over (partition by charge_id) then 1
                else 0
            end as {{ amount }}_share
            {%- if not loop.last %},{% endif %}
        {% endfor -%}
    from floors
),

lines as (
    select
        charge_id,
        app_id,
        quantity,
        {{ from_minor_units('gross_share', 'minor_unit') }} as gross_amount,
        {{ from_minor_units('discount_share', 'minor_unit') }} as discount_amount
    from shared
)

select * from lines
