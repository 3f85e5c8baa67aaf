{#- The counts of every usage mart, in their published order; sums of counts are HUGEINT without the cast. -#}
{% macro summed_usage_counts(prefix='') -%}
    {%- set counts = [
        'billing_sessions',
        'usage_sessions',
        'request_sessions',
        'alert_sessions',
        'voice_sessions',
        'proactive_notifications',
    ] -%}
    {%- for count in counts %}
    cast(sum({{ prefix }}{{ count }}) as bigint) as {{ count }},
    {%- endfor %}
{%- endmacro %}
