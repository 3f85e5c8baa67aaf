{#- The charge at what its usage is expected to come to, or at a bound of that. -#}
{% macro forecast_charge_id(charge_id, bound) -%}
    {{ charge_id }} || '@{{ bound }}'
{%- endmacro %}
