{#- What a line charges, whenever and on whatever document: corrections find what was billed by it (I3). -#}
{% macro line_key(charge, line_kind) -%}
    cast(
        to_json([
            {{ charge }}.account_id,
            {{ charge }}.app_id,
            strftime({{ charge }}.month_date, '%Y-%m'),
            {{ line_kind }},
            {{ charge }}.metric,
            {{ charge }}.price_id,
            strftime({{ charge }}.charge_period_start_date, '%Y-%m-%d')
        ]) as varchar
    )
{%- endmacro %}
