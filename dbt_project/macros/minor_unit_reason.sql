{#- P5: why an amount of money is refused that its currency's smallest coin cannot pay; empty if it can. -#}
{% macro minor_unit_reason(field, amount, currency, minor_unit) -%}
    case
        when {{ amount }} != {{ round_to_minor_unit(amount, minor_unit) }}
            then format(
                '{} {} has more decimal places than {}, which has {}',
                {{ field }},
                rtrim(cast({{ amount }} as varchar), '0'),
                {{ currency }},
                if({{ minor_unit }} = 0, 'none', cast({{ minor_unit }} as varchar))
            )
    end
{%- endmacro %}
