with terms as (
    select * from {{ ref('int_commitment_terms') }}
),

rated as (
    select * from {{ ref('int_rated_commitments') }}
),

identified as (
    select
        *,
        cast(to_json([account_id, app_id, strftime(charge_period_start_date, '%Y-%m-%d')]) as varchar)
            as commitment_id
    from terms
),

lines as (
    {% for line_kind, amount in [('commitment', 'true_up_amount'), ('overage', 'overage_amount')] -%}
        select
            identified.account_id,
            identified.app_id,
            identified.month_date,
            '{{ line_kind }}' as line_kind,
            'minimum_commitment' as metric,
            identified.plan_id,
            identified.plan_version,
            identified.plan_id || '/' || identified.plan_version || '/minimum_commitment' as price_id,
            identified.tax_category,
            identified.charge_period_start_date,
            identified.charge_period_end_date,
            cast(1 as bigint) as quantity,
            cast(rated.{{ amount }} as decimal(18, 4)) as gross_amount,
            cast(0 as decimal(18, 4)) as discount_amount
        from identified
        inner join rated on identified.commitment_id = rated.commitment_id
        where rated.{{ amount }} != 0
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}
)

select * from lines
