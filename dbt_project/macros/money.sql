{#- P5: round() is half away from zero and keeps DECIMAL, but wants its places as a constant. -#}
{% macro round_to_minor_unit(amount, minor_unit) -%}
    cast(
        case {{ minor_unit }}
            when 0 then round({{ amount }}, 0)
            when 3 then round({{ amount }}, 3)
            else round({{ amount }}, 2)
        end as decimal(18, 3)
    )
{%- endmacro %}
