{#- Units that a fee includes, for some days of its period: a begun unit is a whole one. -#}
{% macro begun_units(units, days, period_days) -%}
    cast(
        (cast({{ units }} * 1000000 as hugeint) * {{ days }} + 1000000 * cast({{ period_days }} as hugeint) - 1)
        // (1000000 * cast({{ period_days }} as hugeint)) as decimal(18, 6)
    )
{%- endmacro %}
