{#- One invoice per account and month (P0). -#}
{% macro month_document_id(month) -%}
    {{ month }}.account_id || '-' || strftime({{ month }}.month_date, '%Y-%m')
{%- endmacro %}
