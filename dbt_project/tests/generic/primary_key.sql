{#- One test for what would be a uniqueness test and a not_null test per column: each costs a node. -#}
{% test primary_key(model, columns, nullable=[]) %}

select {{ columns | join(', ') }}
from {{ model }}
group by all
having
    count(*) > 1
    {%- for column in columns if column not in nullable %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
