{#- R17: the local day of an instant. After a change of zone the new zone's wall clock may still
    show a day of the month before: the day is then held at the first of the month. -#}
{% macro local_date(instant, zone, first_local_date) -%}
    greatest(cast(timezone({{ zone }}, {{ instant }}) as date), {{ first_local_date }})
{%- endmacro %}

{#- The instant at which a local day begins. Where clocks go back over midnight the day has two
    midnights and DuckDB names the second; where midnight does not exist it names the jump. -#}
{% macro local_midnight_at(local_day, zone) -%}
    case
        {%- for hours in [3, 2, 1] %}
        when
            cast(timezone({{ zone }}, timezone({{ zone }}, cast({{ local_day }} as timestamp)) - interval {{ hours }} hour) as date)
            = {{ local_day }}
            then timezone({{ zone }}, cast({{ local_day }} as timestamp)) - interval {{ hours }} hour
        {%- endfor %}
        else timezone({{ zone }}, cast({{ local_day }} as timestamp))
    end
{%- endmacro %}

{% macro month_of(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}

{% macro next_month_of(day) -%}
    cast(date_trunc('month', {{ day }}) + interval 1 month as date)
{%- endmacro %}
