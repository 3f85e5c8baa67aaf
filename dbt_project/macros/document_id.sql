{#- A document that is no month's: a list, so that no ids of accounts and orders can make another's. A month's
    ends with its month, this with a bracket. -#}
{% macro document_id(document_class, account_id, id) -%}
    cast(to_json(['{{ document_class }}', {{ account_id }}, {{ id }}]) as varchar)
{%- endmacro %}
