-- A returned row is an app whose hours, weeks, months or account totals do not add up to its days.
{% set measures = ['billing_sessions', 'voice_sessions', 'proactive_notifications', 'provisional_sessions'] %}
{% set buckets = ['usage_hourly', 'usage_weekly', 'usage_monthly', 'usage_account_daily',
    'usage_account_weekly', 'usage_account_monthly'] %}
with differences as (
    {% for bucket in buckets %}
        select
            '{{ bucket }}' as bucket,
            account_id,
            {% for measure in measures -%}
                {{ measure }}{% if not loop.last %},{% endif %}
            {% endfor %}
        from {{ ref(bucket) }}
        union all
        select
            '{{ bucket }}' as bucket,
            account_id,
            {% for measure in measures -%}
                -{{ measure }} as {{ measure }}{% if not loop.last %},{% endif %}
            {% endfor %}
        from {{ ref('usage_daily') }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    bucket,
    account_id
from differences
group by bucket, account_id
having
    {% for measure in measures -%}
        {% if not loop.first %}or {% endif %}sum({{ measure }}) != 0
    {% endfor %}
