{#- DuckDB's traps with DECIMAL: what is divided, and avg(), is a float; a product of two that fit into 18
    digits has 18 digits and fails where it needs more, so one factor is cast to 38 first; branches of
    several scales may lose all their places, so each is cast for itself. -#}

{#- P5: round() is half away from zero and keeps DECIMAL, but wants its places as a constant.
    An amount of 10^14 or more fails. -#}
{% macro round_to_minor_unit(amount, minor_unit) -%}
    case {{ minor_unit }}
        {%- for places in range(5) %}
        when {{ places }} then cast(round({{ amount }}, {{ places }}) as decimal(18, 4))
        {%- endfor %}
        else cast(error('a minor unit has 0 to 4 places, not ' || coalesce(cast({{ minor_unit }} as varchar), 'null')) as decimal(18, 4))
    end
{%- endmacro %}

{#- An amount that is rounded already, as a whole number of minor units: below 10^18. -#}
{% macro to_minor_units(amount, minor_unit) -%}
    cast(cast({{ amount }} as decimal(38, 4)) * {{ _minor_units_of_one(minor_unit) }} as hugeint)
{%- endmacro %}

{#- Back from whole minor units, exactly. -#}
{% macro from_minor_units(units, minor_unit) -%}
    cast(
        cast(({{ units }}) * (10000 // {{ _minor_units_of_one(minor_unit) }}) as decimal(38, 0)) * 0.0001 as decimal(18, 4)
    )
{%- endmacro %}

{% macro _minor_units_of_one(minor_unit) -%}
    case {{ minor_unit }} when 0 then 1 when 1 then 10 when 2 then 100 when 3 then 1000 when 4 then 10000 end
{%- endmacro %}

{#- P6: amount * days / period_days, for at most 18 places and below 10^20. What is left below 10^-18 is cut
    off, toward zero: rounding the result at four places or fewer is then rounding the exact quotient, since
    a half of any minor unit has few places itself. Whole periods first, so that nothing outgrows a HUGEINT
    while days <= period_days < 10^9. Of one day in one nothing changes. -#}
{% macro prorate(amount, days, period_days) -%}
    {{ _from_attos(_prorate_attos(_to_attos(amount), days, period_days)) }}
{%- endmacro %}

{% macro _to_attos(amount) -%}
    (
        cast(trunc({{ amount }}) as hugeint) * 1000000000000000000
        + cast((cast({{ amount }} as decimal(38, 18)) - trunc({{ amount }})) * 1000000000000000000 as hugeint)
    )
{%- endmacro %}

{% macro _prorate_attos(attos, days, period_days) -%}
    (
        {{ attos }} // ({{ period_days }}) * ({{ days }})
        + {{ attos }} % ({{ period_days }}) * ({{ days }}) // ({{ period_days }})
    )
{%- endmacro %}

{% macro _from_attos(attos) -%}
    cast(
        cast({{ attos }} // 1000000000000000000 as decimal(38, 18))
        + cast({{ attos }} % 1000000000000000000 as decimal(18, 0)) * 0.000000000000000001
        as decimal(38, 18)
    )
{%- endmacro %}

{#- P6: what of an amount falls on some of a period's days, rounded once. -#}
{% macro prorated(amount, days, period_days, minor_unit) -%}
    {{ round_to_minor_unit(prorate(amount, days, period_days), minor_unit) }}
{%- endmacro %}
