{#- P10: why funds, credits and auto-reload are refused for the plan in force; reads columns of its row by name.
    Credit may be granted during a trial: it waits for the prepaid plan that follows. -#}
{% macro prepaid_reason(in_force_plan_id) -%}
    case
        when {{ in_force_plan_id }} is null then 'there is no subscription'
        when plan_kind != 'payg' and not (plan_kind = 'trial' and event_type = 'free_credit_granted')
            then 'the plan of the app is not prepaid'
        when event_type in ('order_placed', 'auto_reload_set') and not amount between minimum_top_up and maximum_top_up
            then format(
                'amount is not between {} and {} {}',
                cast(cast(minimum_top_up as decimal(18, 2)) as varchar),
                cast(cast(maximum_top_up as decimal(18, 2)) as varchar),
                currency
            )
    end
{%- endmacro %}
