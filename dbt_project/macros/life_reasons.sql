{#- Why an event is refused for what its account and its app are; for real events and for those that the console
    offers alike. Each reads columns of its row by name. -#}
{% macro account_life_reason() -%}
    case
        when event_type = 'account_closed' and is_closed_already then 'account is already closed'
        when is_closed_already and not is_taken_after_closing then 'account is closed'
        when event_type = 'account_opened' and is_open_already then 'account is already open'
    end
{%- endmacro %}

{% macro app_life_reason() -%}
    case
        when event_type = 'app_published' and last_state = 'app_published' then 'app is already published'
        when event_type = 'app_published' or app_id is null then null
        when event_type = 'app_closed' and last_turn = 'app_closed' then 'app is already closed'
        when last_turn = 'app_closed' then 'app is closed'
        when has_published and not is_published then 'app is not published'
        when event_type = 'app_suspended' and last_state = 'app_suspended' then 'app is already suspended'
    end
{%- endmacro %}

{#- What an account's kind decides; `kind` is empty for one that was never opened, which may be of either. -#}
{% macro account_kind_reason() -%}
    case
        when event_type in ('order_placed', 'free_credit_granted', 'auto_reload_set') and kind = 'enterprise'
            then 'an Enterprise account has no wallets, it adds no funds'
        when event_type = 'contract_price_set' and kind = 'standard'
            then 'contract prices are for Enterprise accounts'
        when event_type = 'discount_granted' and app_id is not null and kind = 'enterprise'
            then 'a contract is rated on all apps together: its discount has no app'
        when event_type not in ('plan_subscribed', 'plan_changed') then null
        when plan_kind = 'enterprise' and app_id is not null
            then 'an Enterprise contract belongs to the account, not to an app'
        when plan_kind = 'enterprise' and kind = 'standard' then 'an Enterprise plan is for Enterprise accounts'
        when plan_kind != 'enterprise' and app_id is null then 'app_id is missing: this plan belongs to an app'
        when plan_kind != 'enterprise' and kind = 'enterprise'
            then 'an Enterprise account has its contract, its apps have no plans of their own'
    end
{%- endmacro %}
