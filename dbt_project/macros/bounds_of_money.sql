{#- Below what money and prices lie, so that a million units at any such price, charged ten times over, taxed and
    summed with the amounts beside them stay below the 10^14 at which rounding fails (money.sql). -#}
{% macro money_bound() -%} 100000000000 {%- endmacro %}

{% macro unit_price_bound() -%} 1000000 {%- endmacro %}
